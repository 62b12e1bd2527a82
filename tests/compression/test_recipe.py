"""Recipes: the layers that are left of the teacher."""

from slim.compression.recipe import Recipe, layers_left


def test_kept_layers_are_those_of_the_teacher_through_a_chain():
    drop = {"stage": "prune", "recipe": "a", "method": "drop_layers", "options": {}, "kept": [0, 2, 4, 5]}
    again = drop | {"recipe": "c", "kept": [1, 3]}
    train = {"stage": "distill", "recipe": "b", "method": "distill", "options": {}}
    assert layers_left([]) == layers_left([train]) == ()
    assert layers_left([drop, train]) == (0, 2, 4, 5)
    assert layers_left([drop, train, again]) == (2, 5)


def test_a_step_says_what_was_done():
    recipe = Recipe("prune", "half", "teacher", "drop_layers", {"order": "greedy", "keep": 0.5})
    assert recipe.step([1, 2]) == {
        "stage": "prune",
        "recipe": "half",
        "method": "drop_layers",
        "options": {"order": "greedy", "keep": 0.5},
        "kept": [1, 2],
    }
    assert "kept" not in Recipe("compress", "same", "half", "identity", {}).step([])
