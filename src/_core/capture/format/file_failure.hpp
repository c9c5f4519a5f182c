// What the system refused, of which file: what reading and writing throw.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace fastpoly::capture {

struct FileFailure : std::exception {
  FileFailure(int number, const char* what, std::string file)
      : code(number), doing(what), path(std::move(file)) {}

  const char* what() const noexcept override { return doing; }

  int code;           // as errno
  const char* doing;  // "open", "read", "write", "sync", "find", "close"
  std::string path;
};

}  // namespace fastpoly::capture
