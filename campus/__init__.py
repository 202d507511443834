"""The shared words of the pipeline: pure, and importing nothing of ours."""
