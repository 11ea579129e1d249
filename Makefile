# make serve   install what is missing, build the site, serve it on http://127.0.0.1:8000 (make serve PORT=9000)
# make test    everything that is checked: lint, unit tests, widgets, notebooks re-run and compared, the site in a browser
#              (make test FRAMEWORKS=1 also installs PyTorch and TensorFlow, and then skips nothing that needs them)
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
RUN = $(VENV)/bin/python
READY = $(VENV)/.ready
FRAMEWORKS ?= 0

.PHONY: book serve test frameworks lab notebooks models machines lint bench pages setup clean

book: $(READY)      ## build the site into _build/html
	$(VENV)/bin/jupyter-book build . --all -W -n --keep-going -q

serve: book         ## read it in a browser
	@echo "\n  Read the book at http://$(HOST):$(PORT)/   (Ctrl-C ends)\n"
	@$(RUN) -m http.server $(PORT) --bind $(HOST) --directory _build/html

test: $(READY) $(if $(filter 1,$(FRAMEWORKS)),frameworks)   ## check everything; make test ONLY=lint,unit runs a part
	@FRAMEWORKS=$(FRAMEWORKS) $(RUN) tools/run_tests.py $(ONLY)

frameworks: $(VENV)/.frameworks   ## install PyTorch and TensorFlow, which chapter 7 and some tests compare with

lab: $(READY)       ## run and change the notebooks
	$(RUN) -m jupyterlab --notebook-dir=notebooks

notebooks: $(READY) ## re-execute all notebooks; two runs give the same bytes
	$(RUN) tools/execute_notebooks.py $(NB)

models: $(READY)    ## train the stored models again (minutes; can be stopped and goes on)
	$(RUN) tools/train_digits_model.py
	$(RUN) tools/train_robots_model.py
	$(RUN) tools/train_recurrent_dropout.py
	$(RUN) tools/train_driving_model.py
	for seed in 1 2 0; do $(RUN) tools/train_text_model.py --seed $$seed || exit; done

machines: $(READY)  ## re-run the notebooks as other processors would
	$(RUN) tools/check_machine_independence.py $(NB)

lint: $(READY)      ## style and the commonest mistakes
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

bench: $(READY)     ## time the package against its peers
	$(RUN) -m benchmarks && $(RUN) benchmarks/gpt.py --json benchmarks/results/gpt.json

pages: book         ## weigh the pages: bytes, requests, time to the first widget, faults
	$(RUN) benchmarks/pages.py --json benchmarks/pages.json

setup: $(READY)     ## only install

$(READY): requirements.txt requirements-no-deps.txt
	@test -x $(RUN) || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@$(RUN) -c 'import sys; v = sys.version_info[:2]; v >= (3, 11) or sys.exit("Python 3.11 or newer is needed; this is %d.%d. Try: make PYTHON=python3.12" % v)'
	@echo "Installing the pinned packages (about half a minute) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-no-deps.txt
	@touch $@

$(VENV)/.frameworks: $(READY) requirements-frameworks.txt
	@echo "Installing PyTorch and TensorFlow (about 2 GB on the disk) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-frameworks.txt
	@touch $@

clean:              ## remove what was built (not what was installed)
	rm -rf _build
