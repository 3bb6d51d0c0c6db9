#include "servers/dns/zone_store.hpp"

#include "servers/dns/zone_file.hpp"

namespace portlab::dns {

Result<std::vector<std::string>> ZoneStore::load(const std::filesystem::path& path) {
  auto loaded = load_zone(path);
  if (!loaded) return loaded.error();
  zone_.store(std::move(loaded->zone), std::memory_order_release);
  return std::move(loaded->warnings);
}

}  // namespace portlab::dns
