# The two commands a newcomer needs: `make demo` and `make test`.
SWIFT ?= swift
# One set of flags for both, so that nothing is built twice; tests look at internals.
RELEASE = -c release -Xswiftc -enable-testing

.PHONY: build demo evaluate-gsm8k selfreward test family bench lint format bootstrap clean

demo: build
	.build/release/trimtab demo

# Self-rewarding rounds beside their controls: four arms, five seeds (QUICK=1: two arms, two seeds, a few minutes).
# Called again it goes on where it was, or shows what it found.
QUICK_SELFREWARD = --seeds 2 --arms self,random --set output=checkpoints/selfreward/arithmetic-quick
selfreward: build
	.build/release/trimtab selfreward selfreward/arithmetic --resume $(if $(QUICK),$(QUICK_SELFREWARD))

# GSM8K with five systems, from tuning to a report: hours, resumed by the same command. GSM8K names its training file.
GSM8K ?= data/gsm8k/train.jsonl
evaluate-gsm8k: build
	scripts/evaluate-gsm8k "$(MODELS)" "$(GSM8K)"

test: bootstrap
	$(SWIFT) test $(RELEASE)

# Makes the demo's models again, from nothing: text, vocabulary, both pretrainings (about ten minutes on two cores).
family: build
	.build/release/trimtab data generate documents --output data/demo/documents.h5
	.build/release/trimtab data tokenizer data/demo/documents.h5 --vocabulary 512 --output checkpoints/demo/tokenizer
	.build/release/trimtab finetune recipes/demo/pretrain-small.yaml --overwrite
	.build/release/trimtab finetune recipes/demo/pretrain-large.yaml --overwrite

# Trimtab beside PyTorch, peft, llama.cpp and tokenizers, each made at the first call: half an hour on an idle machine,
# or a few minutes with QUICK=1. MODELS, DATA and EXPERT name folders, ROWS some of the rows, ROUNDS how many.
MODELS ?= models
bench: build
	Benchmarks/peers/setup
	python3 Benchmarks/compare.py --models "$(MODELS)" $(if $(DATA),--data "$(DATA)") \
	  $(if $(EXPERT),--expert "$(EXPERT)") \
	  $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(QUICK),--quick)

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
