// The Q method: every row of the tables of RFC 1143 section 7, for both sides of an option.

#include "common/telnet/option_negotiation.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>
#include <random>
#include <string>
#include <vector>

using namespace portlab::telnet;

namespace {

constexpr Option option{42};

enum class Step : std::uint8_t { peer_on, peer_off, ask_on, ask_off };

struct Transition {
  OptionState from;
  Step step;
  bool agrees;
  OptionState to;
  std::string says;  ///< "on" (DO, WILL), "off" (DONT, WONT) or nothing
};

using enum OptionState;

const std::vector<Transition> table{
    // "Upon receipt of WILL, we choose based upon him and himq"
    {no, Step::peer_on, true, yes, "on"},
    {no, Step::peer_on, false, no, "off"},
    {yes, Step::peer_on, true, yes, ""},
    {wants_no, Step::peer_on, true, no, ""},
    {wants_no_then_yes, Step::peer_on, true, yes, ""},
    {wants_yes, Step::peer_on, true, yes, ""},
    {wants_yes_then_no, Step::peer_on, true, wants_no, "off"},
    // "Upon receipt of WONT"
    {no, Step::peer_off, true, no, ""},
    {yes, Step::peer_off, true, no, "off"},
    {wants_no, Step::peer_off, true, no, ""},
    {wants_no_then_yes, Step::peer_off, true, wants_yes, "on"},
    {wants_yes, Step::peer_off, true, no, ""},
    {wants_yes_then_no, Step::peer_off, true, no, ""},
    // "If we decide to ask him to enable"
    {no, Step::ask_on, true, wants_yes, "on"},
    {yes, Step::ask_on, true, yes, ""},
    {wants_no, Step::ask_on, true, wants_no_then_yes, ""},
    {wants_no_then_yes, Step::ask_on, true, wants_no_then_yes, ""},
    {wants_yes, Step::ask_on, true, wants_yes, ""},
    {wants_yes_then_no, Step::ask_on, true, wants_yes, ""},
    // "If we decide to ask him to disable"
    {no, Step::ask_off, true, no, ""},
    {yes, Step::ask_off, true, wants_no, "off"},
    {wants_no, Step::ask_off, true, wants_no, ""},
    {wants_no_then_yes, Step::ask_off, true, wants_no, ""},
    {wants_yes, Step::ask_off, true, wants_yes_then_no, ""},
    {wants_yes_then_no, Step::ask_off, true, wants_yes_then_no, ""},
};

bool agrees_to_all(Side, Option) { return true; }
bool refuses_all(Side, Option) { return false; }

Command heard(Side side, bool on) {
  if (side == Side::peer) return on ? Command::will : Command::wont;
  return on ? Command::do_ : Command::dont;
}

std::string said(Side side, const std::string& what) {
  if (what.empty()) return {};
  const bool on = what == "on";
  if (side == Side::this_end) return negotiation_bytes(on ? Command::will : Command::wont, option);
  return negotiation_bytes(on ? Command::do_ : Command::dont, option);
}

/// The steps that lead from the beginning to a state.
std::vector<Step> way_to(OptionState state) {
  switch (state) {
    case no:
      return {};
    case yes:
      return {Step::ask_on, Step::peer_on};
    case wants_no:
      return {Step::ask_on, Step::peer_on, Step::ask_off};
    case wants_no_then_yes:
      return {Step::ask_on, Step::peer_on, Step::ask_off, Step::ask_on};
    case wants_yes:
      return {Step::ask_on};
    case wants_yes_then_no:
      return {Step::ask_on, Step::ask_off};
  }
  return {};
}

std::string take(OptionNegotiation& negotiation, Side side, Step step) {
  switch (step) {
    case Step::peer_on:
    case Step::peer_off:
      return negotiation.receive(heard(side, step == Step::peer_on), option);
    case Step::ask_on:
    case Step::ask_off:
      return negotiation.request(side, option, step == Step::ask_on);
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_state_and_event_does_what_rfc_1143_says) {
  for (const auto side : {Side::peer, Side::this_end})
    for (const auto& row : table) {
      OptionNegotiation negotiation(row.agrees ? agrees_to_all : refuses_all);
      for (const auto step : way_to(row.from)) take(negotiation, side, step);
      BOOST_TEST_CONTEXT("side " << int(side) << " state " << int(row.from) << " step "
                                 << int(row.step)) {
        BOOST_REQUIRE((negotiation.state(side, option) == row.from));
        BOOST_TEST(take(negotiation, side, row.step) == said(side, row.says));
        BOOST_TEST((negotiation.state(side, option) == row.to));
        const auto other = side == Side::peer ? Side::this_end : Side::peer;
        BOOST_TEST((negotiation.state(other, option) == no));
      }
    }
}

BOOST_AUTO_TEST_CASE(only_what_was_agreed_is_on) {
  OptionNegotiation negotiation(
      [](Side side, Option what) { return side == Side::this_end && what == Option::echo; });
  BOOST_TEST(negotiation.receive(Command::do_, Option::echo) ==
             negotiation_bytes(Command::will, Option::echo));
  BOOST_TEST(negotiation.receive(Command::will, Option::echo) ==
             negotiation_bytes(Command::dont, Option::echo));
  BOOST_TEST(negotiation.receive(Command::do_, Option{255}) ==
             negotiation_bytes(Command::wont, Option{255}));
  BOOST_TEST(negotiation.is_on(Side::this_end, Option::echo));
  BOOST_TEST(!negotiation.is_on(Side::peer, Option::echo));
}

BOOST_AUTO_TEST_CASE(two_ends_never_loop_and_agree_in_the_end) {
  std::mt19937 random(1143);
  const auto coin = [&] { return random() % 2 == 0; };
  for (int round = 0; round < 2000; ++round) {
    OptionNegotiation ends[2]{OptionNegotiation(coin() ? agrees_to_all : refuses_all),
                              OptionNegotiation(coin() ? agrees_to_all : refuses_all)};
    std::deque<std::string> sent[2];  // by each end, not yet read
    const auto send = [&](unsigned from, std::string bytes) {
      if (!bytes.empty()) sent[from].push_back(std::move(bytes));
    };
    const auto read = [&](unsigned from) {
      const auto bytes = sent[from].front();
      sent[from].pop_front();
      send(1 - from, ends[1 - from].receive(Command{static_cast<std::uint8_t>(bytes[1])},
                                            Option{static_cast<std::uint8_t>(bytes[2])}));
    };
    for (int i = 0; i < 8; ++i) {  // both change their minds while commands are under way
      const unsigned end = random() % 2;
      send(end, ends[end].request(coin() ? Side::peer : Side::this_end, option, coin()));
      const unsigned from = random() % 2;
      if (coin() && !sent[from].empty()) read(from);
    }
    int left = 100;
    while (!sent[0].empty() || !sent[1].empty()) {
      BOOST_REQUIRE(--left > 0);
      read(sent[0].empty() ? 1 : 0);
    }
    for (const auto end : {0, 1}) {
      const auto mine = ends[end].state(Side::this_end, option);
      const auto as_seen = ends[1 - end].state(Side::peer, option);
      BOOST_TEST((mine == as_seen));
      BOOST_TEST((mine == yes || mine == no));
    }
  }
}
