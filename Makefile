# make            publishes the catalogue          make help   lists everything
# Needs python3 (3.11 or newer) and make, nothing else.

PYTHON ?= python3
VENV   := .venv
ENTAKU := $(VENV)/bin/entaku
OPTIONS ?=
# Tests wait for disks, servers and browsers: three processes on two cores, six at most.
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(min(6, (os.cpu_count() or 2) * 3 // 2 or 1))')
# Tests write hundreds of thousands of small files: into memory where there is plenty of it, and where programs may run.
SCRATCH = $(or $(TMPDIR),$(shell $(PYTHON) -c 'import os; s = os.statvfs("/dev/shm"); m = dict(x.split(":") for x in open("/proc/meminfo")); print("/dev/shm" if s.f_bavail * s.f_frsize >> 30 >= 6 and int(m["MemAvailable"].split()[0]) >> 20 >= 8 and not s.f_flag & os.ST_NOEXEC else "")' 2>/dev/null))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := publish

# The commands in the environment name the folder that they were made in: in a folder that was moved they are made again.
ifneq ($(shell cat $(VENV)/place 2>/dev/null),$(CURDIR))
$(shell rm -f $(VENV)/run.ok)
endif

.PHONY: publish check serve verify tools test sweeps lint docs wheel bench bench-scale bench-days bench-feeds bench-diff fuzz faults mutants lock clean help
.DELETE_ON_ERROR:
.SECONDEXPANSION:

publish: $(VENV)/code.ok build/vendor $$(ENGINE) $$(CARDS) ## 取得・整形・検査・公開（build/site ができる）/ pull, tidy, check, release, publish to build/site
	@$(ENTAKU) publish $(OPTIONS)

check: $(VENV)/code.ok ## 何も書かずに検査 / findings, nothing written
	@$(ENTAKU) check $(OPTIONS)

serve: $(VENV)/code.ok build/vendor $$(ENGINE) $$(CARDS) ## 手元で見る / the site on localhost, rebuilt as files change
	@$(ENTAKU) serve $(OPTIONS)

verify: $(VENV)/code.ok ## 公開したものを確かめる / checksums and validity of everything published
	@$(ENTAKU) verify $(OPTIONS)

TOOLS := $(VENV)/dev.ok $(VENV)/csvw.ok $(VENV)/s3.ok $(VENV)/rclone.ok $(VENV)/ckan.ok $(VENV)/ckan-mcp.ok $(VENV)/tools.ok build/vendor build/duckdb build/cards
PYTEST = $(if $(SCRATCH),TMPDIR=$(SCRATCH)) $(VENV)/bin/python -m pytest -n $(PROCESSES) --dist worksteal

# The tests of `make test`, by pytest's -m; WHICH= asks for the sweeps as well, in one run.
WHICH ?= not sweep

tools: $(TOOLS) ## 検査の道具を入れる（make -j3 tools で並んで）/ what the tests need; make -j3 tools installs several at a time

test: tools $(VENV)/code.ok ## 検査（CI は sweeps も行う）/ the tests (CI runs the sweeps, too)
	@echo "== ruff"; $(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
# mypy goes on beside the tests, once one process has compiled those that have changed: else each of pytest's would, for
# ten seconds.
	@echo "== mypy, pytest"; PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m mypy & types=$$!; \
	  [ -e $(VENV)/tests.ok ] && [ -z "$$(find tests -name '*.py' -newer $(VENV)/tests.ok)" ] || { \
	    touch $(VENV)/tests.ok; PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest --collect-only -qq >/dev/null 2>&1; }; \
	  $(PYTEST) -m "$(WHICH)" $(OPTIONS); told=$$?; \
	  wait $$types || { told=$$?; echo "mypy: 型の誤りがあります（上を見てください）/ wrong types, told above"; }; exit $$told

sweeps: tools $(VENV)/code.ok ## すべての組み合わせなど、test が一部で済ませる検査 / all of what `test` tries a part of: every pair, the other engine
	@echo "== sweeps"; $(PYTEST) -m sweep $$(grep -lE 'mark[.]sweep|import halve' tests/test_*.py tests/*/test_*.py) $(OPTIONS)

fuzz: $(VENV)/dev.ok ## 壊した入力を試す（atheris があればそれで）/ broken inputs, guided by atheris where it is installed
	@$(VENV)/bin/python tests/fuzz.py $(OPTIONS)

faults: $(VENV)/dev.ok ## 読み書きとメモリーの失敗、ファイルの傷みをすべて試す（数時間）/ every failing read and rotten file (hours)
	@ENTAKU_FAULTS=1 $(VENV)/bin/python -m pytest tests/store/test_fault_points.py tests/work/test_faults.py \
	  tests/store/test_cloud.py tests/work/test_remote_store.py $(OPTIONS)

mutants: $(VENV)/dev.ok ## プログラムを少しずつ変え、気づくテストがあるか（OPTIONS=--help）/ small changes that some test must notice
	@PYTHONHASHSEED=0 $(VENV)/bin/python tests/mutants.py $(OPTIONS)

docs: $(VENV)/run.ok ## docs/ のうちプログラムから作るページ / the pages of docs/ that come from the program
	@$(VENV)/bin/python -m entaku.work.reference docs

wheel: $(VENV)/run.ok build/vendor ## pip で入れられる形にする（dist/）/ what pip installs, with templates, scripts and docs
	@$(VENV)/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

bench: $(VENV)-bench/bench.ok ## 他の道具と速さを比べる（SIZES=100k,1m,10m ROUNDS=3）/ speed beside other tools -> docs/benchmarks.md
	@$(VENV)-bench/bin/python -m benchmarks.bench

bench-scale: $(VENV)/code.ok ## データセットの数が増えるとどれだけかかるか（SIZES=100,300,1000）/ what a catalogue costs as it grows
	@$(VENV)/bin/python -m benchmarks.scale

bench-days: $(VENV)/code.ok ## 部分に分けた表に一日を足すといくらかかるか（DAYS=4000,16000）/ what one more day costs a table in parts
	@$(VENV)/bin/python -m benchmarks.days

bench-feeds: $(VENV)/code.ok ## 大きな目録の全フィードにどれだけかかるか（SIZE=1000 COPIES=10）/ what all feeds of a large catalogue cost
	@$(VENV)/bin/python -m benchmarks.feeds

bench-diff: $(VENV)/code.ok ## 大きな表の二つの版を比べるのにどれだけかかるか（SIZES=1m,10m）/ what comparing two versions of a large table costs
	@$(VENV)/bin/python -m benchmarks.diff

lock: $(VENV)/dev.ok ## 依存ライブラリを新しくして固定し直す / renew the locked dependencies
	@$(VENV)/bin/python -m pip install --quiet pip-tools
	@for each in run dev bench cards cluster mcp cloud duckdb; do \
	  $(VENV)/bin/python -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
	    --no-annotate --no-header --no-emit-options \
	    $$( [ $$each = run ] || echo "--extra $$each --constraint requirements/run.txt" ) \
	    --output-file requirements/$$each.txt pyproject.toml || exit 1; \
	done
	@for each in ckan ckan-mcp csvw node rclone s3; do \
	  $(VENV)/bin/python -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
	    --no-annotate --no-header --no-emit-options \
	    --output-file requirements/$$each.txt requirements/$$each.in || exit 1; \
	done
	@for each in site_templates/vendor site_templates/vendor/cards site_templates/vendor/duckdb tests/tools tests/snippets; do \
	  ( cd $$each && npm update --package-lock-only ) && $(VENV)/bin/python requirements/strip_lock.py $$each/package-lock.json || exit 1; \
	done

clean: ## build/ を消す（make で元どおりになる）/ remove build/, which make brings back
	find build -mindepth 1 -not -path build/README.md -delete

help: ## この一覧 / this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@echo "Python の環境を $(VENV) に用意します（最初だけ）/ setting up $(VENV) (the first time only)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 以上が必要です / Python 3.11 or newer is needed: " + sys.version)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.ok: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "ライブラリを入れます / installing libraries"
	@$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements/run.txt
	@$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@echo '$(CURDIR)' > $(VENV)/place
	@touch $@

# The bytecode of program and templates, for accounts and containers that may not write it or are told not to: they
# would compile both at every start, for a second.
$(VENV)/code.ok: $(VENV)/run.ok $(wildcard entaku/*.py entaku/*/*.py entaku/*/*/*.py entaku/*/*/*/*.py site_templates/*.html)
	@$(VENV)/bin/python -m compileall -q entaku || true
	@$(VENV)/bin/python -c 'from entaku.work.render import compile_templates; compile_templates()' || true
	@touch $@

$(VENV)/dev.ok: requirements/dev.txt $(VENV)/run.ok
	@echo "テスト用のライブラリを入れます / installing libraries for tests"
	@$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

# The CSVW validator wants an older rfc3986 than frictionless has here: it gets an environment of its own.
$(VENV)/csvw.ok: requirements/csvw.txt $(VENV)/run.ok
	@$(PYTHON) -m venv $(VENV)/csvw
	@$(VENV)/csvw/bin/python -m pip install --quiet --require-hashes --requirement requirements/csvw.txt
	@touch $@

# moto, the store of objects of tests, wants an older python-dateutil than pandas has here: an environment of its own.
$(VENV)/s3.ok: requirements/s3.txt $(VENV)/run.ok
	@$(PYTHON) -m venv $(VENV)/s3
	@$(VENV)/s3/bin/python -m pip install --quiet --require-hashes --requirement requirements/s3.txt
	@touch $@

# rclone serves a folder as S3 and ignores conditions: the other store of objects of tests, which are skipped without it.
$(VENV)/rclone.ok: requirements/rclone.txt $(VENV)/run.ok
	@$(PYTHON) -m venv $(VENV)/rclone
	@$(VENV)/rclone/bin/python -m pip install --quiet --require-hashes --requirement requirements/rclone.txt || { \
	  rm -rf $(VENV)/rclone; echo "rclone が入りません。その検査は飛ばします / rclone can't be had; its tests are skipped"; }
	@touch $@

# CKAN with its harvester, which reads our API in tests: those are skipped where it can't be had (psycopg2 is compiled).
$(VENV)/ckan.ok: requirements/ckan.txt $(VENV)/run.ok
	@$(PYTHON) -m venv $(VENV)/ckan
	@$(VENV)/ckan/bin/python -m pip install --quiet --require-hashes --requirement requirements/ckan.txt || { \
	  rm -rf $(VENV)/ckan; echo "CKAN が入りません。その検査は飛ばします / CKAN can't be had; its tests are skipped"; }
	@touch $@

# Another's MCP server over CKAN's API, which asks ours in a test; it wants an older SDK of MCP than `entaku mcp`.
$(VENV)/ckan-mcp.ok: requirements/ckan-mcp.txt $(VENV)/run.ok
	@$(PYTHON) -m venv $(VENV)/ckan-mcp
	@$(VENV)/ckan-mcp/bin/python -m pip install --quiet --require-hashes --requirement requirements/ckan-mcp.txt
	@touch $@

# axe, Lighthouse and the W3C's HTML checker: the tests that need them are skipped, aloud, where they can't be had.
$(VENV)/tools.ok: tests/tools/package.json tests/tools/package-lock.json | $(VENV)/bin/python
	@if command -v npm >/dev/null; then \
	  echo "ページの検査の道具を入れます / installing what the pages are judged by"; \
	  rm -rf $(VENV)/tools && mkdir -p $(VENV)/tools && cp tests/tools/package.json tests/tools/package-lock.json tests/tools/.npmrc $(VENV)/tools && \
	  cd $(VENV)/tools && npm ci --silent >/dev/null 2>&1 || echo "入りません。その検査は飛ばします / they can't be had; those tests are skipped"; \
	fi
	@touch $@

# Scripts of others for the pages: the site is published without them where they can't be had.
build/vendor: $(wildcard site_templates/vendor/*.*) site_templates/vendor/.npmrc requirements/node.txt | $(VENV)/run.ok
	@sh site_templates/vendor/bundle.sh $(VENV)/bin/python

# DuckDB for the pages' SQL (8 MB): only where catalogue.yaml asks for it (site: {sql: duckdb}), or by `make build/duckdb`.
ENGINE = $(if $(shell grep -E '^ +sql: *duckdb|[{,] *sql: *duckdb' catalogue.yaml 2>/dev/null),build/duckdb)
build/duckdb: $(wildcard site_templates/vendor/duckdb/*.*) site_templates/vendor/duckdb/.npmrc site_templates/vendor/bundle.mjs requirements/node.txt | $(VENV)/run.ok
	@sh site_templates/vendor/bundle.sh $(VENV)/bin/python duckdb

# What draws cards, Pillow and a font (16 MB): only where catalogue.yaml asks for it (site: {cards: true}).
CARDS = $(if $(shell grep -E '^ +cards: *true|[{,] *cards: *true' catalogue.yaml 2>/dev/null),build/cards $(VENV)/cards.ok)
build/cards: $(wildcard site_templates/vendor/cards/*.*) site_templates/vendor/cards/.npmrc site_templates/vendor/bundle.mjs requirements/node.txt | $(VENV)/run.ok
	@sh site_templates/vendor/bundle.sh $(VENV)/bin/python cards

$(VENV)/cards.ok: requirements/cards.txt $(VENV)/run.ok
	@$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements/cards.txt || \
	  echo "Pillow が入りません。絵なしで公開します / Pillow can't be had: the site is published without cards"
	@touch $@

$(VENV)-bench/bench.ok: requirements/bench.txt
	@echo "比べる相手のライブラリを $(VENV)-bench に入れます / installing the libraries to compare with in $(VENV)-bench"
	@test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --require-hashes --requirement requirements/bench.txt
	@touch $@
