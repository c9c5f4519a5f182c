// Events as Python objects: the functions that Cython's classes are given.
#include "objects/event_object.hpp"

#include <utility>

#include "objects/origin.hpp"
#include "objects/values.hpp"

namespace fastpoly {

ObjectPool<EventObject, 1024> g_event_pool;

namespace {

EventConstructor g_constructor;

PyObject* construct(PyTypeObject* cls, PyObject* args, PyObject* kwargs) {
  return g_constructor(reinterpret_cast<PyObject*>(cls), args, kwargs);
}

void dealloc(PyObject* self) {
  auto* const event = reinterpret_cast<EventObject*>(self);
  Py_DECREF(event->raw);
  g_event_pool.give(event);
}

// The attributes of one event type, by the address of their interned names.
class AttributeTable {
 public:
  struct Slot {
    PyObject* name;
    uint32_t bit;
    Kind kind;
    uint16_t offset;
    const FieldSpec* field;
  };

  // Searches for a hash under which no two names collide; there are few names and many slots.
  bool fill(const EventSpec& event) {
    PyObject* names[kMaxFields];
    for (int i = 0; i < event.field_count; ++i)
      if ((names[i] = PyUnicode_InternFromString(event.fields[i].name)) == nullptr) return false;
    // Multipliers as from a linear congruential generator: neighbours have nothing in common.
    for (multiplier_ = 1;; multiplier_ = multiplier_ * 6364136223846793005ull + 2) {
      std::memset(slots_, 0, sizeof slots_);
      int placed = 0;
      for (; placed < event.field_count; ++placed) {
        Slot& slot = slots_[place(names[placed])];
        if (slot.name != nullptr) break;
        const FieldSpec& field = event.fields[placed];
        slot = {names[placed], uint32_t{1} << placed, field.kind, field.offset, &field};
      }
      if (placed == event.field_count) return true;
    }
  }

  FASTPOLY_INLINE const Slot& find(PyObject* name) const { return slots_[place(name)]; }

 private:
  static constexpr int kBits = 6;

  FASTPOLY_INLINE size_t place(PyObject* name) const {
    return reinterpret_cast<uintptr_t>(name) * multiplier_ >> (64 - kBits);
  }

  uint64_t multiplier_;
  Slot slots_[1 << kBits];
};

AttributeTable g_attributes[kEventSpecCount];

// Numbers and symbols are what is read by the million.
FASTPOLY_INLINE PyObject* slot_value(const char* row, const AttributeTable::Slot& slot) {
  const char* const value = row + slot.offset;
  if (slot.kind == Kind::kFloat) return PyFloat_FromDouble(*reinterpret_cast<const double*>(value));
  if (slot.kind == Kind::kSymbol)
    return symbol_string(*reinterpret_cast<const Symbol* const*>(value));
  return attribute_value(row, *slot.field);
}

template <size_t kIndex>
PyObject* get_attribute(PyObject* self, PyObject* name) {
  const AttributeTable::Slot& slot = g_attributes[kIndex].find(name);
  if (FASTPOLY_LIKELY(slot.name == name)) {
    const char* const row = reinterpret_cast<EventObject*>(self)->row.bytes;
    if (FASTPOLY_LIKELY((reinterpret_cast<const RowHead*>(row)->plain & slot.bit) != 0))
      return slot_value(row, slot);
  }
  return PyObject_GenericGetAttr(self, name);
}

template <size_t... kIndexes>
getattrofunc getter(size_t index, std::index_sequence<kIndexes...>) {
  static constexpr getattrofunc kGetters[] = {get_attribute<kIndexes>...};
  return kGetters[index];
}

}  // namespace

void set_event_constructor(EventConstructor constructor) { g_constructor = constructor; }

PyObject* adopt_event_class(PyTypeObject* cls, const EventSpec* spec) {
  if (!is_laid_out_as<EventObject>(cls)) return nullptr;
  cls->tp_dealloc = dealloc;
  if (spec != nullptr) {
    if (!g_attributes[spec->index].fill(*spec)) return nullptr;
    cls->tp_getattro = getter(spec->index, std::make_index_sequence<kEventSpecCount>());
  }
  PyObject* const prototype = new_prototype(cls);
  close_event_class(cls);
  if (spec != nullptr) cls->tp_new = construct;
  return prototype;
}

}  // namespace fastpoly
