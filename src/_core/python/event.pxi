# What all events share: a copy of their row, and reading it by attribute and by wire key.

cdef inline const EventSpec* event_spec(const RowHead* head) noexcept:
    return kMarkets[head.market].channels[head.channel].event


# dict(event) asks for the keys, and then for one value after the other. So that this does not parse
# an event anew for each of its keys, of which a server may send very many, the values of the event
# whose keys were asked for last wait here. Each is handed out once: no two callers share a list, and
# after the last one nothing is kept. For the whole module, because dict() asks for them without a
# word of who asks; safe only because the interpreter lock is held from one look to the next.
cdef bytes LEFT_OF = None
cdef dict LEFT = None


cdef object raw_keys(Event event):
    global LEFT_OF, LEFT
    cdef dict values = event.to_dict()
    LEFT_OF, LEFT = (event.raw, values) if values else (None, None)
    return dict.fromkeys(values).keys()


cdef object raw_item(Event event, object key):
    global LEFT_OF, LEFT
    cdef dict values = LEFT
    if event.raw is not LEFT_OF or key not in values:
        return event.to_dict()[key]
    value = values.pop(key)
    if not values:
        LEFT_OF = LEFT = None
    return value


cdef class Event:
    """One event. Its attributes are converted when they are read, and not before.

    An event holds a copy of its row and nothing of its batch: keeping one keeps no other alive.
    Wire keys read it too: ``event["p"]``, ``event.get("c")``, ``"trfi" in event``, ``dict(event)``.
    A key that the server did not send is None as an attribute and absent as a key. A value of
    another type than the schema's is None as an attribute and named in `malformed`; its key gives
    what the server sent.
    """

    # The event's own bytes, or None where the row says everything that they said.
    cdef bytes raw
    cdef EventRow row

    cdef inline RowHead* head(self) noexcept:
        return <RowHead*>&self.row

    cdef inline const char* bytes_of_row(self) noexcept:
        return <const char*>&self.row

    cdef object raw_value(self):
        return json_value(<const char*>self.raw, len(self.raw))

    cdef object raw_with(self, Numbers numbers):
        return json_value(<const char*>self.raw, len(self.raw), numbers)

    cdef object attribute(self, int index):
        # What `objects/event_object.hpp` does not answer at once comes here, by the class's property.
        cdef const FieldSpec* field = &event_spec(self.head()).fields[index]
        if self.head().plain >> index & 1:
            return attribute_value(self.bytes_of_row(), field[0])
        if not self.head().foreign >> index & 1:
            return None
        return self.foreign_value(field.kind, field.key.decode())

    cdef object foreign_value(self, Kind kind, object key):
        # A value that is not in the row, as the attribute it is; None where its type is wrong.
        value = self.raw_value()[key]
        if type(value) in (int, float) and kind in (Kind.kText, Kind.kDecimal):
            # The number's own text: a float would not give it back.
            text = self.raw_with(Numbers.kTexts)[key]
            # Only whole numbers stand for texts.
            return text if kind == Kind.kDecimal or text.lstrip("-").isdigit() else None
        if kind == Kind.kLevels and isinstance(value, list):
            # Prices and sizes are numbers however they were written; also whole, also "-0".
            value = self.raw_with(Numbers.kFloats)[key]
        return conforming(kind, value)

    @property
    def event_type(self):
        """The wire's ``ev``."""
        return <object>channel_name(self.head().market, self.head().channel)

    @property
    def malformed(self):
        """The wire keys whose value has another type than the schema's, in the wire's order."""
        cdef const EventSpec* spec = event_spec(self.head())
        cdef int index
        if self.head().foreign == 0:
            return ()
        keys = []
        for key, value in self.raw_value().items():
            index = find_key(spec[0], key)
            if index >= 0 and self.head().foreign >> index & 1 and value is not None:
                if self.foreign_value(spec.fields[index].kind, key) is None:
                    keys.append(key)
        return tuple(keys)

    def to_dict(self):
        """What json.loads makes of the event: every key that was sent, in the order sent."""
        if self.raw is None:
            return row_dict(self.bytes_of_row(), event_spec(self.head())[0])
        return self.raw_value()

    def keys(self):
        """The wire keys that were sent, in the order sent."""
        return self.to_dict().keys() if self.raw is None else raw_keys(self)

    def values(self):
        """The values of these keys, as the server sent them."""
        return self.to_dict().values()

    def items(self):
        """The wire keys that were sent, each with its value."""
        return self.to_dict().items()

    def __iter__(self):
        return iter(self.keys())

    def __reversed__(self):
        return reversed(self.keys())

    def __len__(self):
        return len(self.to_dict())

    def __bool__(self):
        # Also where it has no keys: something came.
        return True

    def get(self, key, default=None):
        """The value of a wire key as the server sent it, or the default where it sent none."""
        try:
            return self[key]
        except KeyError:
            return default

    def __getitem__(self, key):
        cdef const EventSpec* spec
        cdef int index
        if self.raw is not None:
            return raw_item(self, key)
        if key == "ev":
            return self.event_type
        spec = event_spec(self.head())
        index = find_key(spec[0], key)
        if index < 0 or not self.head().plain >> index & 1:
            raise KeyError(key)
        return wire_value(self.bytes_of_row(), spec[0], index)

    def __contains__(self, key):
        cdef int index
        if self.raw is not None:
            return key in self.raw_value()
        if key == "ev":
            return True
        index = find_key(event_spec(self.head())[0], key)
        return index >= 0 and self.head().plain >> index & 1

    def __eq__(self, other):
        if type(self) is type(other):
            return same_bytes(self, other) or self.to_dict() == other.to_dict()
        if is_official_model(other, type(self).__name__):
            return equals_model(self, other)
        return NotImplemented

    def __hash__(self):
        return hash((type(self), hashable(self.to_dict())))

    __match_args__ = ("event_type",)

    @property
    def __dict__(self):
        """Every attribute by its name, for ``vars(event)``; a new dict each time."""
        return {name: getattr(self, name) for name in type(self).__match_args__}

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler, /):
        return pydantic_schema(cls)

    # Nothing can change an event, so nobody needs a second one.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo, /):
        return self

    def __replace__(self, /, **changes):
        return dataclasses.replace(self, **changes)

    def __reduce__(self):
        market = kMarkets[self.head().market].name.decode()
        return restore_event, (market, self.to_dict() if self.raw is None else self.raw)

    def __repr__(self):
        cdef const EventSpec* spec = event_spec(self.head())
        cdef int i
        parts = [f"event_type={self.event_type!r}"]
        for i in range(spec.field_count):
            if (self.head().plain | self.head().foreign) >> i & 1:
                name = spec.fields[i].name.decode()
                parts.append(f"{name}={getattr(self, name)!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


cdef object conforming(Kind kind, object value):
    # A value that did not fit the row, as the attribute it is; None where its type is wrong.
    if kind == Kind.kSymbol or kind == Kind.kText or kind == Kind.kDecimal:
        return value if isinstance(value, str) else None
    if not isinstance(value, list):
        return None
    if kind == Kind.kCodes:
        fits = all(type(code) is int and -(1 << 63) <= code < 1 << 63 for code in value)
        return value if fits else None
    if kind == Kind.kLevels:
        if not all(isinstance(level, list) for level in value):
            return None
        fits = all(type(number) is float for level in value for number in level)
        return value if fits else None
    return None


cdef bint same_bytes(Event one, Event other):
    return one.raw is not None and one.raw == other.raw


def restore_event(market, content):
    # What pickle calls.
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    return decode(b"[" + content + b"]", market=market)[0]


@cython.final
cdef class Status(Event):
    """A control message of the server."""

    @property
    def event_type(self):
        """The wire's ``ev``, always ``status``."""
        return "status"

    @property
    def malformed(self):
        """Always empty."""
        return ()

    @property
    def status(self):
        """The ``status`` text, or None."""
        value = self.raw_value().get("status")
        return value if isinstance(value, str) else None

    @property
    def message(self):
        """The ``message`` text, or None."""
        value = self.raw_value().get("message")
        return value if isinstance(value, str) else None

    __match_args__ = ("event_type", "status", "message")

    def __repr__(self):
        return f"Status(status={self.status!r}, message={self.message!r})"


@cython.final
cdef class UnknownEvent(Event):
    """Anything else that a frame held: an ``ev`` that the market does not know, or none."""

    @property
    def event_type(self):
        """The ``ev``, or None where there is none or it is not text."""
        value = self.raw_value()
        ev = value.get("ev") if isinstance(value, dict) else None
        return ev if isinstance(ev, str) else None

    @property
    def malformed(self):
        """Always empty: no type is expected of an unknown event's keys."""
        return ()

    @property
    def value(self):
        """What json.loads makes of it, which need not be a dict."""
        return self.raw_value()

    def to_dict(self):
        """What json.loads makes of the event; empty where that is not a dict."""
        value = self.raw_value()
        return value if isinstance(value, dict) else {}

    def __getitem__(self, key):
        return raw_item(self, key)

    def __contains__(self, key):
        return key in self.to_dict()

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return same_bytes(self, other) or self.raw_value() == other.value

    def __hash__(self):
        return hash((type(self), hashable(self.raw_value())))

    __match_args__ = ("event_type", "value")

    def __repr__(self):
        try:
            return f"UnknownEvent({self.raw_value()!r})"
        except RecursionError:
            return f"UnknownEvent(<{len(self.raw)} bytes of JSON, nested too deeply to be shown>)"
