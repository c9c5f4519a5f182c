# Events as values: made by a program, compared with the official client's models, and read by what
# reads dataclasses. None of it is on the way of an event from the socket.

# The modules of the official client's models, under its present name and the one before.
cdef frozenset OFFICIAL_MODELS = frozenset(
    ("massive.websocket.models.models", "polygon.websocket.models.models")
)

# By class: the market that has each of its channels, the channels in the table's order; and where
# its table is.
cdef dict MARKETS_OF = {}
cdef dict SPEC_OF = {}


cdef bint is_official_model(object value, str name):
    cls = type(value)
    return cls.__module__ in OFFICIAL_MODELS and cls.__name__ == name


cdef bint equals_model(Event event, object model):
    # Attribute by attribute, those that the model has.
    for name in type(model).__dataclass_fields__:
        if getattr(event, name, None) != getattr(model, name):
            return False
    return True


cdef object hashable(object value):
    if isinstance(value, dict):
        return frozenset([(key, hashable(item)) for key, item in value.items()])
    if isinstance(value, list):
        return tuple([hashable(item) for item in value])
    return value


cdef dict dataclass_fields(tuple attributes):
    # What dataclasses.fields, asdict and replace look for in a class.
    made = dataclasses.make_dataclass(
        "Event",
        # Not written as a sum, which Cython makes C of that compilers warn about.
        [(name, or_(python, None), dataclasses.field(default=None)) for name, python in attributes],
        init=False, repr=False, eq=False, match_args=False,
    )
    return made.__dataclass_fields__


cdef object event_from_dict(object cls, object values):
    cdef dict markets = MARKETS_OF[cls]
    if not isinstance(values, (Mapping, Event)):
        raise TypeError(f"{cls.__name__} is made from a dict, not from {type(values).__name__}")
    wire = dict(values)
    if wire.get("ev") is None:
        # Of several channels the first, as they stand in the table.
        wire.pop("ev", None)
        wire = {"ev": next(iter(markets)), **wire}
    market = markets.get(wire["ev"]) if isinstance(wire["ev"], str) else None
    if market is None:
        raise ValueError(
            f"{cls.__name__} has the event type {' or '.join(map(repr, markets))}, "
            f"not {wire['ev']!r}"
        )
    content = json.dumps(wire, allow_nan=False, separators=(",", ":"))
    return decode(f"[{content}]", market=market)[0]


cdef object attributes_given(object cls, tuple args, object kwargs):
    names = cls.__match_args__
    if len(args) > len(names):
        raise TypeError(f"{cls.__name__} takes {len(names)} values, and got {len(args)}")
    given = dict(zip(names, args))
    for name, value in kwargs.items():
        if name not in names:
            raise TypeError(
                f"{cls.__name__} has no attribute {name!r}; it has {', '.join(names)}"
            )
        if name in given:
            raise TypeError(f"{cls.__name__} got {name!r} twice")
        given[name] = value
    return given


cdef object event_from_attributes(object cls, tuple args, PyObject* kwargs):
    # What calling an event class does.
    cdef int i
    cdef Event event
    cdef const EventSpec* spec = kEventSpecs[<int>SPEC_OF[cls]]
    given = attributes_given(cls, args, {} if kwargs == NULL else <object>kwargs)
    wire = {"ev": given.get("event_type")}
    keys = {}
    for i in range(spec.field_count):
        name = spec.fields[i].name.decode()
        if given.get(name) is not None:
            keys[spec.fields[i].key.decode()] = name
    for key, name in keys.items():
        wire[key] = given[name]
    event = event_from_dict(cls, wire)
    for key in event.malformed:
        name = keys[key]
        raise TypeError(
            f"{cls.__name__}.{name} is {cls.__dataclass_fields__[name].type}, not {given[name]!r}"
        )
    return event


cdef object pydantic_schema(object cls):
    # For a field of that type in a pydantic model: an event, or a mapping by attributes; written as
    # what vars() gives.
    from pydantic_core import core_schema

    def validated(value):
        if isinstance(value, cls):
            return value
        if cls not in MARKETS_OF or not isinstance(value, Mapping):
            raise ValueError(f"expected {cls.__name__}, not {type(value).__name__}")
        try:
            return cls(**value)
        except TypeError as error:
            raise ValueError(str(error)) from None

    return core_schema.no_info_plain_validator_function(
        validated, serialization=core_schema.plain_serializer_function_ser_schema(vars)
    )
