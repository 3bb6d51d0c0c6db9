#pragma once
// The tours. Each runs its scenes in a network of its own, which ends with it.

#include <cstddef>
#include <string>

#include "labs/tour/demonstration.hpp"

namespace portlab {

/// What the command says when the scenes are over.
struct ShownTour {
  std::size_t scenes = 0;
  std::string place;  ///< completes "The commands run …"
  std::string next;   ///< what to try next, in sentences
};

/// What ports are: one machine, four services. Throws a CommandError where it cannot begin.
ShownTour show_ports(Demonstration& demo);
/// An office behind one address: NAT, a forwarded port, firewalls. Throws as above.
ShownTour show_office(Demonstration& demo);

}  // namespace portlab
