# What can be done here: `make help`. The parts are in script/.

.DEFAULT_GOAL := help
PURPOSE ?= test

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-9s %s\n", $$1, $$2 }'

setup: ## install what is missing (PURPOSE=build, test or bench)
	@script/setup.sh $(PURPOSE)

demo: ## a real file up and another down through the C ABI, compared byte by byte
	@script/setup.sh demo
	@script/demo.sh

test: ## all tests, examples and checks; the last line counts them
	@script/setup.sh test
	@script/test.sh

lib: ## the release libraries: target/release/libferry.so and libferry.a
	@script/setup.sh build
	@script/lib.sh

examples: ## the C examples, built as a host would; they go to target/examples-c
	@script/setup.sh build
	@script/examples.sh

bench: ## measurements beside curl and a bare socket loop
	@script/setup.sh bench
	@benches/run.sh

install: ## install to PREFIX (/usr/local), below DESTDIR
	@script/setup.sh build
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' script/install.sh

header: ## write include/ferry.h anew from src/ffi
	@script/setup.sh build
	@FERRY_WRITE_HEADER=1 cargo test --locked --test header

lint: ## rustfmt and clippy, no warning allowed
	@script/setup.sh lint
	@script/lint.sh

clean: ## remove everything that was built
	cargo clean
	rm -rf examples-c/build

.PHONY: help setup demo test lib examples bench install header lint clean
