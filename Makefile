# Each recipe is one line: the logic lives in `cargo xtask` and in scripts/.
.PHONY: demo-cycle test check up doctor test-k8s bench-gates bench-planners bench-learning bench-storm bench-mining bench-modes bench-errors

demo-cycle: ## Every fault of the demo, healed end to end, reset, and healed again. ARGS='--fault sql --cycles 1' for less.
	@scripts/demo-cycle $(ARGS)

up: ## The local stack, until Ctrl-C.
	@scripts/prepare && cargo build --workspace --bins && target/debug/kintsugi up

doctor: ## What this machine lacks for the local stack, and how to get it. Changes nothing but the build folder.
	@cargo run --quiet --package kintsugi -- doctor

test: ## Every test, on a real PostgreSQL, Redis, git remotes and processes.
	@scripts/prepare && cargo xtask test

test-k8s: ## Every Kubernetes condition: on the cluster of KUBECONFIG, else on an API server built from Debian's source (once, ten minutes).
	@scripts/prepare && scripts/test-k8s $(ARGS)

bench-gates: ## The admission gates against cheats, wrong patches and right ones. CHEATS=folder for unseen ones. At most an hour.
	@scripts/bench-gates $(ARGS)

bench-planners: ## Hostile log lines and planners that nobody should trust, through the whole product. PAYLOADS=file for unseen ones.
	@scripts/bench-planners $(ARGS)

bench-learning: ## What a model cured once is cured without one. FAMILIES=folder for unseen ones. At most 20 minutes.
	@scripts/bench-learning $(ARGS)

bench-modes: ## The failure modes, each really injected ten times, beside Monit. At most half an hour; needs root.
	@scripts/bench-modes $(ARGS)

bench-errors: ## Error-seconds of six faults under five policies. ARGS='--runs 1 --only crash' for less. About 15 minutes.
	@scripts/bench-errors $(ARGS)

bench-storm: ## Many alerts, few causes: what is merged, beside simpler ways. SEED=number for unseen storms. A minute.
	@scripts/bench-storm $(ARGS)

bench-mining: ## How well unknown errors are grouped, beside drain3. LOGHUB=folder with LogHub's corrected 2k samples.
	@LOGHUB='$(LOGHUB)' scripts/bench-mining $(ARGS)

check: ## What CI checks besides the tests.
	@scripts/prepare lint && cargo xtask check
