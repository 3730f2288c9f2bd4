# The two commands a newcomer needs: `make demo` and `make test`.
SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --product trimtab

.PHONY: build demo test lint format bootstrap clean

build: bootstrap
	$(RELEASE)

demo: build
	.build/release/trimtab demo

test: bootstrap
	$(SWIFT) test -c release -Xswiftc -enable-testing

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive --parallel Sources Tests Package.swift

# Installs the system libraries that are missing; does nothing when they are there.
bootstrap:
	@scripts/bootstrap

clean:
	rm -rf .build
