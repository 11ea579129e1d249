"""The thread in which the model lives: it steps while there is work, and sleeps otherwise."""

import logging
import threading


class Worker:
    """`with Worker(batcher):` answers what is submitted to `batcher`; at the end, what is left is told so."""

    def __init__(self, batcher):
        self.batcher, self._closed = batcher, False
        self._thread = threading.Thread(target=self._run, daemon=True, name="model")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with self.batcher.news:
            self._closed = True
            self.batcher.news.notify()
        self._thread.join()
        self.batcher.end_all(RuntimeError("the server stops."))

    def _run(self):
        while True:
            with self.batcher.news:
                self.batcher.news.wait_for(lambda: self._closed or self.batcher.busy)
                if self._closed:
                    return
            try:
                self.batcher.step()
            except (
                Exception
            ) as error:  # such as too little memory: all who asked are told, the thread lives on
                logging.getLogger(__name__).exception("the model failed")
                self.batcher.end_all(error)
