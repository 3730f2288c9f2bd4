# The two commands a newcomer needs: `make demo` and `make test`.
SWIFT ?= swift
# One set of flags for both, so that nothing is built twice; tests look at internals.
RELEASE = -c release -Xswiftc -enable-testing

.PHONY: build demo test lint format bootstrap clean

demo: build
	.build/release/trimtab demo

test: bootstrap
	$(SWIFT) test $(RELEASE)

build: bootstrap
	$(SWIFT) build $(RELEASE) --product trimtab

# Installs the system libraries that are missing; does nothing when they are there.
bootstrap:
	@scripts/bootstrap

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive --parallel Sources Tests Package.swift

clean:
	rm -rf .build
