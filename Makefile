# Every target is a thin call of a script in tools/: the same by hand and in CI.
# Arguments go through ARGS, for example: make test ARGS="pure -x"

.DEFAULT_GOAL := help
.PHONY: help demo demo-check demo-reset test lint bench sandbox odoo requirements i18n screenshots \
	bootstrap stop

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## Install what is missing, start Odoo and the sandbox, say where to look (Ctrl-C stops all)
	@tools/demo $(ARGS)

demo-check:  ## The demo without a person: a price out, an order in, both times printed
	@tools/demo check $(ARGS)

demo-reset:  ## Throw the demo's data away; the next demo starts over
	@tools/demo reset $(ARGS)

test:  ## Run all tests, with one summary (ARGS="addons -k name" for some, --help for more)
	@tools/test $(ARGS)

lint:  ## Check style, types, manifests and XML (ARGS=--fix mends what can be mended)
	@tools/lint $(ARGS)

bench:  ## Measure the figures of benchmarks/ and write benchmarks/results.json
	@tools/bench $(ARGS)

sandbox:  ## Start the simulated marketplaces alone
	@tools/sandbox $(ARGS)

odoo:  ## A shell in an Odoo with the addons installed (ARGS=serve starts a server)
	@tools/odoo $(ARGS)

requirements:  ## Write docs/requirements.md: every requirement, where it is shown
	@tools/requirements $(ARGS)

i18n:  ## Export the addons' terms, bring their translations up to date (ARGS=--check only checks)
	@tools/i18n $(ARGS)

screenshots:  ## Take the pictures of the screens in docs/
	@tools/screenshots $(ARGS)

bootstrap:  ## Get Odoo 19, PostgreSQL and all packages into .suite (done by the others when needed)
	@tools/bootstrap $(ARGS)

stop:  ## Stop the tests' database server and what killed runs left behind
	@tools/stop $(ARGS)
