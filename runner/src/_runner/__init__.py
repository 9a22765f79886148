"""The runner: a supervisor, a zygote and kernels that run Python for a host. Standard library only."""

__version__ = "0.1.0"
