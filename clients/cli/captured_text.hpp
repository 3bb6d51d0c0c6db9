#pragma once
// What a peer sent, kept for the document of --json.

#include <cstdint>
#include <optional>
#include <string>

#include "common/bytes.hpp"

namespace portlab {

/// Keeps bytes up to a limit, and counts all of them.
class KeptText {
 public:
  void add(Bytes bytes);

  /// The bytes; nothing where they are no UTF-8 (JSON could not carry them), or too many.
  std::optional<std::string> text() const;
  std::uint64_t bytes() const { return bytes_; }

  static constexpr std::size_t bytes_max = 1024 * 1024;

 private:
  std::string kept_;
  std::uint64_t bytes_ = 0;
};

}  // namespace portlab
