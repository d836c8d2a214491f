"""The messages of Terraform's plugin protocol, version 5.

They are declared as a table of `field number type` and turned into protobuf classes when the module
loads, so nothing has to be generated. Fields that are not used here are left out.

Source: https://github.com/hashicorp/terraform-plugin-go/blob/main/tfprotov5/internal/tfplugin5/tfplugin5.proto
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "bool": _Field.TYPE_BOOL,
    "int64": _Field.TYPE_INT64,
    "enum": _Field.TYPE_INT32,
}

_MESSAGES = {  # "*" is repeated; a map is a repeated entry on the wire
    "DynamicValue": "msgpack 1 bytes; json 2 bytes",
    "Step": "attribute_name 1 string; element_key_string 2 string; element_key_int 3 int64",
    "AttributePath": "steps 1 *Step",
    "Diagnostic": "severity 1 enum; summary 2 string; detail 3 string; attribute 4 AttributePath",
    "Attribute": "name 1 string; type 2 bytes; required 4 bool; optional 5 bool; computed 6 bool;"
    " sensitive 7 bool; write_only 10 bool",
    "NestedBlock": "type_name 1 string; block 2 Block; nesting 3 enum; max_items 5 int64",
    "Block": "version 1 int64; attributes 2 *Attribute; block_types 3 *NestedBlock",
    "Schema": "version 1 int64; block 2 Block",
    "SchemaEntry": "key 1 string; value 2 Schema",
    "ClientCapabilities": "deferral_allowed 1 bool; write_only_attributes_allowed 2 bool",
    "Empty": "",
    "SchemaResponse": "provider 1 Schema; resource_schemas 2 *SchemaEntry;"
    " data_source_schemas 3 *SchemaEntry; diagnostics 4 *Diagnostic",
    "PrepareRequest": "config 1 DynamicValue",
    "PrepareResponse": "prepared_config 1 DynamicValue; diagnostics 2 *Diagnostic",
    "ConfigureRequest": "terraform_version 1 string; config 2 DynamicValue",
    "DiagnosticsResponse": "diagnostics 1 *Diagnostic",
    "StopResponse": "error 1 string; diagnostics 100 *Diagnostic",
    "ValidateRequest": "type_name 1 string; config 2 DynamicValue; client_capabilities 3 ClientCapabilities",
    "ReadRequest": "type_name 1 string; current_state 2 DynamicValue; private 3 bytes",
    "ReadResponse": "new_state 1 DynamicValue; diagnostics 2 *Diagnostic; private 3 bytes",
    "PlanRequest": "type_name 1 string; prior_state 2 DynamicValue; proposed_new_state 3 DynamicValue;"
    " config 4 DynamicValue; prior_private 5 bytes",
    "PlanResponse": "planned_state 1 DynamicValue; requires_replace 2 *AttributePath;"
    " planned_private 3 bytes; diagnostics 4 *Diagnostic",
    "ApplyRequest": "type_name 1 string; prior_state 2 DynamicValue; planned_state 3 DynamicValue;"
    " config 4 DynamicValue; planned_private 5 bytes",
    "ApplyResponse": "new_state 1 DynamicValue; private 2 bytes; diagnostics 3 *Diagnostic",
    "ImportRequest": "type_name 1 string; id 2 string",
    "ImportedResource": "type_name 1 string; state 2 DynamicValue; private 3 bytes",
    "ImportResponse": "imported_resources 1 *ImportedResource; diagnostics 2 *Diagnostic",
    "ReadDataRequest": "type_name 1 string; config 2 DynamicValue",
    "ReadDataResponse": "state 1 DynamicValue; diagnostics 2 *Diagnostic",
}

METHODS = {
    "GetSchema": ("Empty", "SchemaResponse"),
    "PrepareProviderConfig": ("PrepareRequest", "PrepareResponse"),
    "Configure": ("ConfigureRequest", "DiagnosticsResponse"),
    "ValidateResourceTypeConfig": ("ValidateRequest", "DiagnosticsResponse"),
    "ValidateDataSourceConfig": ("ValidateRequest", "DiagnosticsResponse"),
    "ReadResource": ("ReadRequest", "ReadResponse"),
    "PlanResourceChange": ("PlanRequest", "PlanResponse"),
    "ApplyResourceChange": ("ApplyRequest", "ApplyResponse"),
    "ImportResourceState": ("ImportRequest", "ImportResponse"),
    "ReadDataSource": ("ReadDataRequest", "ReadDataResponse"),
    "Stop": ("Empty", "StopResponse"),
}
"""Method → request, response."""


def _classes() -> dict[str, Any]:
    package = "tfplugin5"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in filter(None, (part.strip() for part in fields.split(";"))):
            field_name, number, kind = field.split()
            declared = message.field.add(name=field_name, number=int(number), label=_Field.LABEL_OPTIONAL)
            if kind.startswith("*"):
                declared.label, kind = _Field.LABEL_REPEATED, kind[1:]
            if kind in _SCALARS:
                declared.type = _SCALARS[kind]
            else:
                declared.type, declared.type_name = _Field.TYPE_MESSAGE, f".{package}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in _MESSAGES
    }


MESSAGES: dict[str, Any] = _classes()
"""Message name → its class."""
