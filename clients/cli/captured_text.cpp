#include "clients/cli/captured_text.hpp"

#include "clients/cli/terminal.hpp"

namespace portlab {

void KeptText::add(Bytes bytes) {
  bytes_ += bytes.size();
  if (bytes_ <= bytes_max)
    kept_ += as_text(bytes);
  else
    kept_.clear();
}

std::optional<std::string> KeptText::text() const {
  if (bytes_ > bytes_max || !is_utf8(kept_)) return std::nullopt;
  return kept_;
}

}  // namespace portlab
