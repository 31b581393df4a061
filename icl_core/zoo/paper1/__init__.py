"""What is shipped for paper 1 (pretrained/paper1): built, stored, and judged in docs/paper1.md."""
