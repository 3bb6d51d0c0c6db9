#pragma once
// Names of services, as they are typed.

#include <string>
#include <string_view>

namespace portlab {

/// The name of a service that looks most like this one: of Portlab's own, of IANA's, and the usual
/// ones, such as rdp. Empty: none is near.
std::string nearest_service_name(std::string_view name);

}  // namespace portlab
