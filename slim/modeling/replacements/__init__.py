"""What a module of a model may be replaced by: `name(module, **options) -> module` makes its shape, not its values.

`name` in the file of that name; config.json says which module is replaced (slim/modeling/replaced.py).
"""
