"""One module per script in ``tools/``, each with ``main(arguments) -> exit code``."""
