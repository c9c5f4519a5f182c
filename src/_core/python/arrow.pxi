# Columns for every library that speaks Arrow: the PyCapsule protocol over the C data interface.

cdef void drop_schema(object capsule) noexcept:
    cdef ArrowSchema* schema = <ArrowSchema*>PyCapsule_GetPointer(capsule, "arrow_schema")
    if schema.release != NULL:
        schema.release(schema)
    free(schema)


cdef void drop_array(object capsule) noexcept:
    cdef ArrowArray* array = <ArrowArray*>PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release != NULL:
        array.release(array)
    free(array)


cdef void drop_stream(object capsule) noexcept:
    cdef ArrowArrayStream* stream = <ArrowArrayStream*>PyCapsule_GetPointer(
        capsule, "arrow_array_stream"
    )
    if stream.release != NULL:
        stream.release(stream)
    free(stream)


cdef void* zeroed(size_t size) except NULL:
    # What a capsule points to; without a release function until it is filled.
    cdef void* memory = calloc(1, size)
    if memory == NULL:
        raise MemoryError()
    return memory


cdef object capsule_of(void* content, const char* name, PyCapsule_Destructor drop):
    try:
        return PyCapsule_New(content, name, drop)
    except:
        free(content)
        raise


cdef int add_spills(Batch batch, int column, vector[Spill]& spills) except -1:
    # Values of the fields' kinds that are not in their rows; those of other types stay nulls.
    cdef const EventSpec* spec = batch.store.market.channels[column].event
    cdef Event event
    cdef Spill* spill
    cdef const char* text = NULL
    cdef Py_ssize_t size = 0
    cdef int index
    for place, event in batch.spilled(column):
        for index in range(spec.field_count):
            if not event.head().foreign >> index & 1:
                continue
            value = getattr(event, spec.fields[index].name.decode())
            if value is None:
                continue
            if isinstance(value, str):
                try:
                    text = PyUnicode_AsUTF8AndSize(value, &size)
                except UnicodeEncodeError:
                    # Half of a surrogate pair, which UTF-8 has no way to write.
                    continue
            spills.resize(spills.size() + 1)
            spill = &spills.back()
            spill.row = place
            spill.field = index
            if isinstance(value, str):
                spill.text.assign(text, size)
            elif spec.fields[index].kind == Kind.kCodes:
                spill.codes = value
            else:
                spill.levels = value
    return 0


# Of so few the columns are made sooner than the interpreter lock is given up and taken back.
cdef enum:
    ROWS_WITH_LOCK = 4096


cdef int export_batch(Batch batch, int column, ArrowArray* out) except -1:
    # Whoever calls this holds the batch, and with it the rows.
    cdef RowRuns rows
    cdef vector[Spill] spills
    cdef const EventSpec* event
    batch.find_rows(column, rows)
    if foreign_fields(rows):
        add_spills(batch, column, spills)
    event = batch.store.market.channels[column].event
    if rows.rows() < ROWS_WITH_LOCK:
        export_array(rows, event[0], spills, out)
    else:
        with nogil:
            export_array(rows, event[0], spills, out)
    return 0


@cython.final
cdef class Columns:
    """The events of one channel of a batch, for libraries that speak Arrow; see `Batch.columns`.

    pyarrow, polars, DuckDB and others take it as it is, without each other:
    ``polars.DataFrame(batch.columns("T"))``. Each time it is taken, the columns are made anew and
    belong to the taker.

    A column a field, named like the attribute, null where the server did not send the key or sent
    another type. Symbols are dictionary-encoded, other texts and decimal numbers are utf8 as sent,
    times are timestamps in UTC in the wire's unit, lists of codes are lists of int64, order book
    levels lists of lists of double.
    """

    cdef Batch batch
    cdef int column

    cdef const EventSpec* spec(self) noexcept:
        return self.batch.store.market.channels[self.column].event

    @property
    def names(self):
        """The names of the columns, as a tuple."""
        cdef int i
        return tuple([self.spec().fields[i].name.decode() for i in range(self.spec().field_count)])

    def __len__(self):
        cdef RowRuns rows
        self.batch.find_rows(self.column, rows)
        return rows.rows()

    cdef int check_request(self, object requested) except -1:
        # Another layout of the same columns may be wished for, and need not be granted.
        cdef ArrowSchema* schema
        if requested is None:
            return 0
        schema = <ArrowSchema*>PyCapsule_GetPointer(requested, "arrow_schema")
        if schema.release == NULL:
            raise UsageError("the requested schema has been released", hint="ask for it anew")
        if schema.n_children != self.spec().field_count:
            raise UsageError(
                f"the requested schema has {schema.n_children} fields, and these columns are "
                f"{self.spec().field_count}",
                hint="take the columns as they are and select from them",
            )
        return 0

    def __arrow_c_schema__(self):
        """The columns' types, as a PyCapsule named ``arrow_schema``."""
        cdef ArrowSchema* schema = <ArrowSchema*>zeroed(sizeof(ArrowSchema))
        capsule = capsule_of(schema, "arrow_schema", drop_schema)
        export_schema(self.spec()[0], schema)
        return capsule

    def __arrow_c_array__(self, requested_schema=None):
        """The columns as a struct array: PyCapsules of its schema and of itself.

        Args:
            requested_schema: A PyCapsule of a schema. Its number of fields is checked, and the
                columns come in the types that they have.

        Raises:
            UsageError: The requested schema has another number of fields.
            OverflowError: A column would take 2 GiB or more.
        """
        cdef ArrowArray* array
        self.check_request(requested_schema)
        schema = self.__arrow_c_schema__()
        array = <ArrowArray*>zeroed(sizeof(ArrowArray))
        capsule = capsule_of(array, "arrow_array", drop_array)
        export_batch(self.batch, self.column, array)
        return schema, capsule

    def __arrow_c_stream__(self, requested_schema=None):
        """The columns as a stream of one array: a PyCapsule named ``arrow_array_stream``.

        Args:
            requested_schema: As of ``__arrow_c_array__``.

        Raises:
            UsageError: The requested schema has another number of fields.
            OverflowError: A column would take 2 GiB or more.
        """
        cdef ArrowArray array
        cdef ArrowArrayStream* stream
        self.check_request(requested_schema)
        stream = <ArrowArrayStream*>zeroed(sizeof(ArrowArrayStream))
        capsule = capsule_of(stream, "arrow_array_stream", drop_stream)
        export_batch(self.batch, self.column, &array)
        try:
            export_stream(self.spec()[0], &array, stream)
        except MemoryError:
            array.release(&array)
            raise
        return capsule

    def __reduce__(self):
        return restore_columns, (self.batch, <object>channel_name(
            self.batch.store.market.index, self.column
        ))

    def __repr__(self):
        channel = self.batch.store.market.channels[self.column].name.decode()
        return f"<Columns {self.batch.market} {channel}: {len(self)} rows>"


close_columns_class(<PyTypeObject*>Columns)


def restore_columns(Batch batch not None, channel):
    # What pickle calls.
    return batch.columns(channel)


# By market and column: the pyarrow.Schema; None until it is first asked for, as `RECORD_DTYPES`.
cdef list ARROW_SCHEMAS = [None] * (kMarketCount * kColumns)
# pyarrow.RecordBatch._import_from_c, which takes a schema that was imported before. Making one from
# the capsules imports the schema again each time, which takes longer than all else together.
cdef object import_record_batch = None


cdef object record_batch(Batch batch, int column):
    global import_record_batch
    cdef ArrowArray array
    cdef int place = batch.store.market.index * kColumns + column
    schema = ARROW_SCHEMAS[place]
    if schema is None:
        pyarrow = columns.pyarrow()
        import_record_batch = pyarrow.RecordBatch._import_from_c
        made = batch.columns(<object>channel_name(batch.store.market.index, column))
        ARROW_SCHEMAS[place] = schema = pyarrow.schema(made)
    export_batch(batch, column, &array)
    try:
        return import_record_batch(<uintptr_t>&array, schema)
    finally:
        # Not when pyarrow took it over, which it marks.
        if array.release != NULL:
            array.release(&array)
