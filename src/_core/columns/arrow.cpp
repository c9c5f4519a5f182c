// The schema of columns, and columns as a stream of one array.
#include "columns/arrow.hpp"

#include <cerrno>
#include <new>

#include "columns/arrow_memory.hpp"

namespace fastpoly {

namespace {

class SchemaExport {
 public:
  explicit SchemaExport(const EventSpec& event) {
    const size_t nodes = static_cast<size_t>(count_nodes(event));
    const size_t children_size = sizeof(ArrowSchema*) * event.field_count;
    memory_ = Memory::make(aligned(children_size) + aligned(sizeof(SchemaNode) * nodes),
                           static_cast<int>(nodes) + 1);
    children_ = reinterpret_cast<ArrowSchema**>(memory_->take(children_size));
    next_node_ = reinterpret_cast<SchemaNode*>(memory_->take(sizeof(SchemaNode) * nodes));
    for (int i = 0; i < event.field_count; ++i) children_[i] = column(event.fields[i]);
    field_count_ = event.field_count;
  }

  void to(ArrowSchema* out) const {
    *out = {"+s",   "", nullptr, 0, field_count_, children_, nullptr, release_node<ArrowSchema>,
            memory_};
  }

 private:
  ArrowSchema* node(const char* format, const char* name) {
    SchemaNode& node = *next_node_++;
    node.schema = {format, name,    nullptr, ARROW_FLAG_NULLABLE,
                   0,      nullptr, nullptr, release_node<ArrowSchema>,
                   memory_};
    return &node.schema;
  }

  static ArrowSchema* adopt(ArrowSchema* parent, ArrowSchema* child) {
    parent->children = &reinterpret_cast<SchemaNode*>(parent)->child;
    *parent->children = child;
    parent->n_children = 1;
    return parent;
  }

  ArrowSchema* column(const FieldSpec& field) {
    const char* const format = kArrowFormats[static_cast<int>(field.kind)];
    switch (field.kind) {
      case Kind::kSymbol: {
        ArrowSchema* const indices = node("i", field.name);
        indices->dictionary = node(format, "");
        return indices;
      }
      case Kind::kCodes: {
        ArrowSchema* const list = node(format, field.name);
        return adopt(list, node(kArrowFormats[static_cast<int>(Kind::kInt)], "item"));
      }
      case Kind::kLevels: {
        ArrowSchema* const list = node(format, field.name);
        ArrowSchema* const level = node(format, "item");
        adopt(level, node(kArrowFormats[static_cast<int>(Kind::kFloat)], "item"));
        return adopt(list, level);
      }
      default:
        return node(format, field.name);
    }
  }

  Memory* memory_;
  ArrowSchema** children_;
  SchemaNode* next_node_;
  int64_t field_count_;
};

struct Stream {
  const EventSpec& event;
  ArrowArray array;  // released once it has been given out

  static Stream& of(ArrowArrayStream* stream) {
    return *static_cast<Stream*>(stream->private_data);
  }

  static int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
    try {
      export_schema(of(stream).event, out);
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
    return 0;
  }

  static int get_next(ArrowArrayStream* stream, ArrowArray* out) {
    *out = of(stream).array;
    of(stream).array.release = nullptr;
    return 0;
  }

  static const char* get_last_error(ArrowArrayStream*) { return nullptr; }

  static void release(ArrowArrayStream* stream) {
    Stream* const self = &of(stream);
    if (self->array.release != nullptr) self->array.release(&self->array);
    delete self;
    stream->release = nullptr;
  }
};

}  // namespace

void export_schema(const EventSpec& event, ArrowSchema* out) { SchemaExport(event).to(out); }

void export_stream(const EventSpec& event, ArrowArray* array, ArrowArrayStream* out) {
  auto* const stream = new Stream{event, *array};
  array->release = nullptr;
  *out = {Stream::get_schema, Stream::get_next, Stream::get_last_error, Stream::release, stream};
}

}  // namespace fastpoly
