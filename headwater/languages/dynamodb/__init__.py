"""DynamoDB's expression language and value arithmetic: text and attribute values in, answers out.

Attribute values are kept in their wire form, ``{"S": "text"}``, with binary as base64 text and numbers in
DynamoDB's normal form. An item is a ``dict`` from attribute name to value. Nothing here mutates an item.

    numbers          normal form, limits, addition, order-preserving encoding
    values           validation, sizes, equality, order
    keys             key values as bytes whose order is DynamoDB's
    lexer, parser    expression text to the trees of `syntax`
    conditions       condition and filter expressions to a predicate
    key_conditions   key condition expressions to one equality and one range
    updates          update expressions to a function from item to item
    projections      projection expressions to a function from item to part of it
    expressions      what a request carries: names, values, which of them are used; compiled forms by text
    legacy           the parameters of before expressions (Expected, AttributeUpdates, ...), to the same trees
"""
