#pragma once
// What an answer says, whatever words and signs are around it. No side effects.

#include <string>
#include <string_view>

namespace portlab::labs {

/// Whether both have the same words; case, signs and blanks do not matter: "TIME_WAIT", "time-wait".
bool have_same_words(std::string_view one, std::string_view other);
/// Whether it has words besides articles, prepositions and the like: "the" has none.
bool has_content(std::string_view text);
/// Whether the words of `phrase` are the first ones of the answer.
bool begins_with(std::string_view answer, std::string_view phrase);

/// Whether all of the text is one number, in digits or in a word.
bool is_number(std::string_view text);
/// How many different numbers a text contains.
std::size_t count_numbers(std::string_view text);

/// Whether an answer means what is expected.
/// A number: the answer contains this number and no other, in digits ("65,535", "672 bytes",
/// "127.0.0.1:40000", of "0m3.004s" the whole seconds) or in words ("three rows").
/// Yes or no: the answer begins with it ("y", "No, it does not"; not "no idea").
/// Words: the answer contains them ("the ICMP protocol"), the last one of three also as a short form
/// ("mit-ml-dev", "MIT ML Device"). What comes after "not" does not count, and
/// an answer with "or" means nothing unless "or" is expected.
bool means(std::string_view answer, std::string_view expected);

}  // namespace portlab::labs
