#include "servers/listener/limits.hpp"

namespace portlab {

std::optional<Quota::Seat> Quota::take(const asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max) return std::nullopt;
  auto& share = *per_address_.try_emplace(address, 0).first;
  if (share.second >= limits_.sessions_per_address_max) return std::nullopt;
  ++sessions_;
  ++share.second;
  return std::make_optional<Seat>(*this, &share);
}

std::optional<Quota::Seat> Quota::take() {
  const std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max) return std::nullopt;
  ++sessions_;
  return std::make_optional<Seat>(*this, nullptr);
}

void Quota::give_back(Share* share) {
  const std::lock_guard lock(mutex_);
  --sessions_;
  if (share == nullptr || --share->second > 0) return;
  const auto address = share->first;  // not the one inside what is erased
  per_address_.erase(address);
}

}  // namespace portlab
