# Each recipe is one line: the logic lives in `cargo xtask` and in scripts/.
.PHONY: demo-cycle test check up

demo-cycle: ## One fault, healed end to end, reset, and healed again.
	@scripts/demo-cycle

up: ## The local stack, until Ctrl-C.
	@scripts/prepare && cargo build --workspace --bins && target/debug/kintsugi up

test: ## Every test, on a real PostgreSQL, Redis, git remotes and processes.
	@scripts/prepare && cargo xtask test

check: ## What CI checks besides the tests.
	@scripts/prepare lint && cargo xtask check
