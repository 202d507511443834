"""What benchmarks share; the programs are the files beside this folder."""
