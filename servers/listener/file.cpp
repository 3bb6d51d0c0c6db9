#include "servers/listener/file.hpp"

#include <unistd.h>

namespace portlab {

File::Descriptor::~Descriptor() {
  if (value >= 0) ::close(value);
}

}  // namespace portlab
