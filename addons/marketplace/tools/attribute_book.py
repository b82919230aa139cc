"""Attributes and values of products by name: found whatever their case and spaces, else made."""

import unicodedata

# Kinds of attributes that tell variants apart, the most fitting first: with the dynamic one Odoo
# makes no combination that nobody asked for.
TELLING = ("dynamic", "always")


def name_key(text):
    """What two spellings of one name have in common."""
    return " ".join(unicodedata.normalize("NFKC", text or "").split()).casefold()


class AttributeBook:
    """The attributes that products of one batch need.

    :param env: in the language that the names are in, with the rights of whoever asked.
    """

    def __init__(self, env):
        self.env = env
        self.attributes = {}
        self.values = {}

    def load(self, wanted):
        """Find what is there, make what is not.

        :param wanted: iterable of (name of the attribute, name of the value); what is made has the
            first spelling, and its order.
        """
        spelled = {}
        for name, value in wanted:
            spelled.setdefault((name_key(name), name_key(value)), (name, value))
        wanted = spelled
        if wanted:
            names = {}
            for keys, spelling in wanted.items():
                names.setdefault(keys[0], spelling[0])
            self._load_attributes(names)
            self._load_values(wanted)

    def attribute(self, name):
        """The attribute of this name."""
        return self.attributes[name_key(name)]

    def value(self, name, value):
        """The value of this name of an attribute."""
        return self.values[self.attribute(name).id, name_key(value)]

    def _languages(self):
        return [code for code, _name in self.env["res.lang"].get_installed()]

    def _load_attributes(self, names):
        """All attributes, there are few: names are compared in every language in use."""
        attributes = self.env["product.attribute"].search([("create_variant", "in", TELLING)])
        for code in self._languages():
            for attribute in attributes.with_context(lang=code):
                key = name_key(attribute.name)
                known = self.attributes.get(key)
                if known is None or _rank(attribute) < _rank(known):
                    self.attributes[key] = attribute.with_env(self.env)
        missing = {key: name for key, name in names.items() if key not in self.attributes}
        made = self.env["product.attribute"].create(
            [{"name": name, "create_variant": "dynamic"} for name in missing.values()]
        )
        self.attributes.update(zip(missing, made, strict=True))

    def _load_values(self, wanted):
        self.read_values(
            self.env["product.attribute"].union(*(self.attributes[keys[0]] for keys in wanted))
        )
        missing = {}
        for (attribute_key, value_key), (_name, value) in wanted.items():
            key = (self.attributes[attribute_key].id, value_key)
            if key not in self.values:
                missing[key] = value
        made = self.env["product.attribute.value"].create(
            [{"attribute_id": key[0], "name": value} for key, value in missing.items()]
        )
        self.values.update(zip(missing, made, strict=True))

    def read_values(self, attributes):
        """All values of attributes, by their names in every language in use."""
        values = (
            self.env["product.attribute.value"]
            .with_context(active_test=False)
            .search([("attribute_id", "in", attributes.ids)], order="active, id desc")
        )
        for code in self._languages():
            for value in values.with_context(lang=code):
                self.values[value.attribute_id.id, name_key(value.name)] = value.with_env(self.env)


def _rank(attribute):
    return TELLING.index(attribute.create_variant), attribute.id
