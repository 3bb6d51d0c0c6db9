#include "servers/listener/limits.hpp"

namespace portlab {

std::optional<Quota::Seat> Quota::take(const asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max) return std::nullopt;
  auto& from_there = per_address_[address];
  if (from_there >= limits_.sessions_per_address_max) {
    if (from_there == 0) per_address_.erase(address);
    return std::nullopt;
  }
  ++sessions_;
  ++from_there;
  return std::make_optional<Seat>(*this, address);
}

void Quota::give_back(const asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  --sessions_;
  const auto found = per_address_.find(address);
  if (--found->second == 0) per_address_.erase(found);
}

}  // namespace portlab
