# make serve   install what is missing, build the site, serve it on http://127.0.0.1:8000 (make serve PORT=9000)
# make test    everything that is checked: lint, unit tests, widgets, notebooks re-run and compared, the site in a browser
#              (make test FRAMEWORKS=1 also installs PyTorch and TensorFlow, and then skips nothing that needs them)
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
RUN = "$(VENV)/bin/python"
# BLAS with one thread: on small matrices more of them wait for one another, and on a busy machine much longer
ONE_THREAD = OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
FRAMEWORKS ?= 0

.PHONY: book serve port test frameworks lab assignment grade quizzes notebooks models machines lint bench pages setup clean

book: setup         ## build the site into _build/html
	"$(VENV)/bin/jupyter-book" build . --all -W -n --keep-going -q

serve: port book    ## read it in a browser
	@$(RUN) tools/serve.py "$(HOST)" "$(PORT)"

port:               # before the build, not after it
	@"$(PYTHON)" tools/serve.py "$(HOST)" "$(PORT)" --check

test: setup $(if $(filter 1,$(FRAMEWORKS)),frameworks)   ## check everything; make test ONLY=lint,unit runs a part
	@FRAMEWORKS=$(FRAMEWORKS) $(RUN) tools/run_tests.py $(ONLY)

setup:              ## only install; a run that was interrupted goes on
	@"$(PYTHON)" tools/setup.py "$(VENV)"

frameworks:         ## install PyTorch and TensorFlow, which chapter 7 and some tests compare with
	@"$(PYTHON)" tools/setup.py "$(VENV)" --frameworks

lab: setup          ## run and change the notebooks
	$(ONE_THREAD) $(RUN) -m jupyterlab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

assignment: setup   ## a chapter's exercises without solutions, to hand out: make assignment CHAPTER=04
	@$(RUN) tools/make_assignment.py $(or $(CHAPTER),$(error which chapter? make assignment CHAPTER=04))

grade: setup        ## grade a folder of returned notebooks: make grade DIR=returned (one chapter's: CHAPTER=04)
	@$(ONE_THREAD) $(RUN) tools/grade.py "$(or $(DIR),$(error which folder? make grade DIR=returned))" $(if $(CHAPTER),--chapter $(CHAPTER))

quizzes: setup      ## the quizzes for a learning platform, as GIFT and QTI 2.1
	@$(RUN) tools/export_quizzes.py

notebooks: setup    ## re-execute all notebooks; two runs give the same bytes
	$(RUN) tools/execute_notebooks.py $(NB)

models: setup       ## train the stored models again (minutes; can be stopped and goes on)
	$(RUN) tools/train_digits_model.py
	$(RUN) tools/train_robots_model.py
	$(RUN) tools/train_recurrent_dropout.py
	$(RUN) tools/train_driving_model.py
	for seed in 1 2 0; do $(RUN) tools/train_text_model.py --seed $$seed || exit; done
	$(RUN) tools/tune_large_model.py

machines: setup     ## re-run the notebooks as other processors would
	$(RUN) tools/check_machine_independence.py $(NB)

lint: setup         ## style and the commonest mistakes
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

bench: setup        ## time the package against its peers
	$(RUN) -m benchmarks && $(RUN) benchmarks/gpt.py --json benchmarks/results/gpt.json

pages: book         ## weigh the pages: bytes, requests, time to the first widget, faults
	$(RUN) benchmarks/pages.py --json benchmarks/pages.json

clean:              ## remove what was built (not what was installed)
	rm -rf _build
