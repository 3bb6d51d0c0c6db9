"""portlab what: the terms of the labs."""

import json

from portlab_testing import ClientTest, main, on_terminal, portlab


class What(ClientTest):
    def test_a_term_is_explained_in_two_sentences(self):
        result = portlab("what", "ports")
        self.expect(result, 0)
        self.assertTrue(result.text.startswith("port"), result)
        document = json.loads(portlab("what", "--json", "time", "wait").out)
        self.assertEqual(document["term"], "TIME_WAIT")

    def test_all_terms_are_listed_and_each_is_found(self):
        listed = json.loads(portlab("what", "--json").out)["terms"]
        self.assertGreater(len(listed), 20)
        names = [name for term in listed for name in term["names"]]
        self.assertEqual(len(names), len(set(name.lower() for name in names)))
        self.expect(portlab("what", names[-1]), 0)
        code, screen = on_terminal("what", columns=40)
        self.assertEqual(code, 0)
        self.assertLessEqual(max(map(len, screen.splitlines())), 40)

    def test_another_word_gets_a_suggestion(self):
        self.expect(portlab("what", "loopbak"), 2, "try: portlab what loopback")
        self.expect(portlab("what", "xyzzy"), 2, "not in the glossary", "portlab what", "portlab port xyzzy")

    def test_several_words_are_one_term(self):
        near = portlab("what", "tcp", "loopbak")
        self.expect(near, 2, "'tcp loopbak' is not in the glossary", "portlab what TCP, or portlab what loopback")
        self.assertNotIn("portlab port", near.text)
        self.assertNotIn("portlab port", portlab("what", "xyzzy", "abcxyz").text)


if __name__ == "__main__":
    main()
