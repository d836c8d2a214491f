"""What every component of the project shares."""

import inspect
from typing import Any, get_args, get_origin

import pulumi


class Component(pulumi.ComponentResource):
    """A component whose type token follows from its class.

    A class declares all its public attributes; those that hold outputs are the component's outputs.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"airflow-ecs:index:{type(self).__name__}", name, {}, opts)

    @classmethod
    def output_names(cls) -> list[str]:
        """List the declared attributes that hold outputs, in the class's order."""
        return [name for name, hint in inspect.get_annotations(cls).items() if _holds_output(hint)]

    def export(self) -> None:
        """Make its outputs those of the stack."""
        for name in self.output_names():
            pulumi.export(name, getattr(self, name))

    def _child(self, opts: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
        """Options of a resource that this component owns."""
        return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=self), opts)

    def _register(self) -> None:
        """Register the outputs; the last statement of a component's constructor."""
        self.register_outputs({name: getattr(self, name) for name in self.output_names()})


def _holds_output(hint: Any) -> bool:
    return get_origin(hint) is pulumi.Output or any(_holds_output(argument) for argument in get_args(hint))
