"""What to cite, as BibTeX. A test holds it against CITATION.cff."""

BIBTEX = """\
@software{icl_explorer,
  title = {{In-Context Learning Explorer}},
  author = {{The ICL Explorer developers}},
  version = {0.1.0},
  license = {Apache-2.0},
}

@inproceedings{vonoswald2023transformers,
  title = {Transformers Learn In-Context by Gradient Descent},
  author = {von Oswald, Johannes and Niklasson, Eyvind and Randazzo, Ettore and
    Sacramento, Jo{\\~a}o and Mordvintsev, Alexander and Zhmoginov, Andrey and Vladymyrov, Max},
  booktitle = {Proceedings of the 40th International Conference on Machine Learning},
  year = {2023},
  eprint = {2212.07677},
  archiveprefix = {arXiv},
}

@inproceedings{vladymyrov2024linear,
  title = {Linear Transformers are Versatile In-Context Learners},
  author = {Vladymyrov, Max and von Oswald, Johannes and Sandler, Mark and Ge, Rong},
  booktitle = {Advances in Neural Information Processing Systems 37},
  year = {2024},
  eprint = {2402.14180},
  archiveprefix = {arXiv},
}
"""


def to_bibtex() -> bytes:
    """The software and the papers whose results it shows."""
    return BIBTEX.encode()


def model_bibtex(label: str, digest: str, year: int) -> str:
    """One model, by the SHA-256 of its checkpoint."""
    said = "".join(letter for letter in label if letter not in "{}\\")
    return f"""\
@misc{{icl_explorer_model_{digest[:16]},
  title = {{{{{said}}}}},
  year = {{{year}}},
  note = {{Linear transformer, SHA-256 {digest}}},
  howpublished = {{In-Context Learning Explorer}},
}}
"""
