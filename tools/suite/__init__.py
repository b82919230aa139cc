"""What the scripts in ``tools/`` share: one set of functions for by hand, tests, demo and CI.

Standard library only, Python 3.10 or newer. Who comes from where::

    console      messages, errors, running commands
    paths        the folders of a checkout and of its private environment
    interpreter  a Python that Odoo 19 runs on
    apt          packages from Debian, with or without root
    odoo_source  Odoo 19 itself
    environment  the steps that build the private environment (tools/bootstrap)
    postgres     private PostgreSQL clusters
    databases    create, copy, drop, template databases with hard-linked file stores
    odoo         odoo.conf, command line, and Odoo as a running server
    processes    other programs, stopped for certain
    ports, locks, stamps   small helpers
    addons       what stands under addons/, and what changed since it was installed
    stage        a database, a running Odoo and a sandbox for end-to-end tests
    runner       the test stages and their one summary (tools/test)
"""
