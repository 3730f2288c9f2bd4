"""Writes Tests/TokenizersTests/Fixtures/jinja.json: small templates and what Jinja2 makes of them.

The environment is the one that transformers renders chat templates in (its own compile function).
Run it with the Python of this folder's environment: python jinja_snippets.py
"""

import json
import pathlib

from transformers.utils.chat_template_utils import _compile_jinja_template

CONTEXT = {
    "name": "World",
    "empty": "",
    "text": "  The quick brown fox\njumps over\tthe lazy dog  ",
    "unicode": "Cafe\u0301 caf\u00e9 \U0001f600 \u03a3\u0391\u03a3 \u00df \u01c6 \u0130",
    "crlf": "a\r\nb\rc\n",
    "numbers": [3, 1, 2, 10, -4],
    "floats": [1.0, 0.1, 1e16, 1e-5, 123456789.125, 1e22, 5e-324, 100.0],
    "words": ["banana", "Apple", "cherry", "apple"],
    "users": [
        {"name": "Zoe", "age": 31, "tags": ["a", "b"], "address": {"city": "Oslo"}},
        {"name": "adam", "age": 25, "tags": [], "address": {"city": "Bern"}},
        {"name": "Bob", "age": 31, "tags": ["c"], "address": {"city": "oslo"}, "extra": None},
    ],
    "mapping": {"b": 1, "a": [1, 2.5, None, True], "items": "shadow", "c": {"d": "\u00e9\"\\\n\u007f"}},
    "quotes": ["it's", 'say "hi"', "both ' and \"", "\u200b\x07\u00a0"],
    "html": "<a href='x'>&\"</a>",
    "yes": True,
    "no": False,
    "nothing": None,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": " Hi "},
        {"role": "assistant", "content": "Hello", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]},
    ],
}

EXPRESSIONS = r"""
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, 7.5 // 2, -7.5 % 2
2 ** 3 ** 2
-2 ** 2
1 / 3
10 / 5
0.1 + 0.2
1e3, 1.5e-7, 1_000, 0x1F, 0b101, 0o17
floats
[1, 2] + [3]
(1, 2) + (3,)
[0] * 3
'ab' * 3
3 * 'ab'
'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1, 'x']
'a' 'b' "c"
'\n\t\x41\u00e9\U0001F600\101\q\\'
1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, 1 == true, 'a' < 'b', [1, 2] < [1, 3], 'Z' < 'a'
'1' == 1, none == false, [] == [], (1,) == [1], {'a': 1, 'b': 2} == {'b': 2, 'a': 1}
1 in [1, 2], 'a' in 'abc', 'a' not in 'abc', 'b' in mapping, 3 in range(5), none in [none]
not 1 == 2
not false and true or false
1 and 'x', 0 or 'y', '' and 1, [] or {}
'a' if yes else 'b', 'a' if no else 'b', 'a' if no
yes if no else name if yes else 3
numbers[0], numbers[-1], numbers[1:3], numbers[::-1], numbers[::2], numbers[-2:], numbers[:-1], numbers[5:], numbers[3:1:-1]
numbers[10] is defined, numbers['x'] is defined
name[0], name[-1], name[1:3], name[::-1], unicode[3:6], unicode[-1]
range(5)[1], range(5)|list, range(2, 8, 3)|list, range(5, 0, -2)|list, range(3), range(1, 4, 2), range(0)|list
mapping.b, mapping['b'], mapping.items is string, mapping['items'], mapping.get('zz'), mapping.get('zz', 3), mapping.missing is defined
mapping.keys()|list, mapping.values()|list|length, mapping.items is callable
mapping.c.items()
mapping.c.keys(), mapping.c.values()
users[0].address.city, users.0.name, users[0]['address']['city']
missing, missing|default('d'), empty|default('d'), empty|default('d', true), nothing|default('d'), missing is defined, missing is undefined
missing|length, missing|list, missing|join(','), missing|string, missing|upper, missing|trim, missing == missing, missing|map('upper')|list
missing ~ 'x'
missing is none, missing is string, missing is iterable, missing is mapping, missing is sequence
nothing is none, yes is boolean, 1 is boolean, 1 is integer, true is integer, 1.0 is float, 1 is number, true is number, 'x' is string
mapping is mapping, users is mapping, users is sequence, name is sequence, name is iterable, 1 is iterable, mapping is iterable, mapping is sequence
1 is odd, 2 is even, 9 is divisibleby 3, 9 is divisibleby(2), 1 is eq 1, 1 is ne(2), 1 is lt 2, 2 is ge 2, 1 is sameas 2.0
'abc' is lower, 'ABC' is upper, 'aB' is lower, '1' is upper, 'x' in ['x'], 'x' is in ['x'], true is true, false is false, 1 is true
none is sameas none, true is sameas true, range is callable, 'upper' is filter, 'zzz' is filter
1 is not none, not 1 is none
users|map(attribute='name')|join(', ')
users|map(attribute='address.city')|list
users|map(attribute='extra', default='-')|list
words|map('upper')|list, words|map('replace', 'a', 'o')|list
users|selectattr('age', 'equalto', 31)|map(attribute='name')|list
users|selectattr('age', '>', 25)|list|length, users|rejectattr('tags')|map(attribute='name')|list, users|selectattr('extra', 'defined')|list|length
users|selectattr('extra')|list, users|selectattr('address.city', 'eq', 'Bern')|map(attribute='age')|first
numbers|select('gt', 2)|list, numbers|reject('odd')|list, [0, 1, '', 'x']|select|list, none|select|list
users|map(attribute='name')|select('equalto', 'Zoe')|list
words|sort, words|sort(reverse=true), words|sort(case_sensitive=true), numbers|sort, users|sort(attribute='name')|map(attribute='name')|list
users|sort(attribute='age,name')|map(attribute='name')|list, users|sort(attribute='age', reverse=true)|map(attribute='name')|list
words|unique|list, words|unique(case_sensitive=true)|list, users|unique(attribute='age')|map(attribute='name')|list
users|groupby('age')
users|groupby('address.city')|map(attribute='grouper')|list
users|groupby('extra', default='none')|length if no else 0
numbers|batch(2)|list, numbers|batch(2, 0)|list, numbers|slice(3)|list, numbers|slice(3, 'x')|list
numbers|sum, users|sum(attribute='age'), numbers|sum(start=10), floats|max, numbers|min, words|max, users|max(attribute='age'), []|min is defined
numbers|first, numbers|last, []|first is defined, 'abc'|first, 'abc'|last, mapping|first
numbers|reverse|list, 'abc'|reverse, mapping|list, 'abc'|list, (1, 2)|list
numbers|length, 'é'|length, unicode|length, mapping|count
numbers|join, numbers|join('-'), words|join(', '), [1, none, true]|join('/'), users|join(', ', attribute='name')
mapping|dictsort, {'b': 1, 'A': 2, 'c': 0}|dictsort, {'b': 1, 'A': 2, 'c': 0}|dictsort(true), {'b': 1, 'A': 2, 'c': 0}|dictsort(by='value'), {'b': 1, 'A': 2}|dictsort(reverse=true)
mapping|items|list
mapping|tojson
mapping|tojson(indent=2)
mapping|tojson(indent=4, sort_keys=true)
mapping|tojson(separators=(',', ':')), mapping|tojson(ensure_ascii=true), {}|tojson(indent=2), []|tojson(indent=2), [[], {}]|tojson(indent=1)
unicode|tojson, unicode|tojson(true), quotes|tojson, floats|tojson, 'a<b>&c'|tojson, "it's"|tojson, {1: 2, none: 3, true: 4, 1.5: 5}|tojson
[1, [2, {'a': (3, 4)}]]|tojson(indent='\t')
quotes
mapping
users[2]
(1,), (), [(1, 'a')], {'k': (1, 2)}
text|trim, '[' ~ text|trim ~ ']', 'xxhixx'|trim('x'), text.strip(), text.split(), text.splitlines()
'[' ~ text.lstrip() ~ ']', '[' ~ text.rstrip() ~ ']', 'xyx'.lstrip('x'), 'xyx'.rstrip('xy'), 'abc'.strip('ac')
'a,b,,c'.split(','), 'a,b,,c'.split(',', 1), 'a,b,,c'.rsplit(',', 1), ' a  b c '.split(none, 1), ' a  b c '.rsplit(none, 1), ''.split(), ''.split(','), 'abc'.split('')|length if no else 0
'aaa'.split('aa'), 'aaa'.rsplit('aa', 1), 'aaa'.replace('aa', 'b'), 'aXbX'.replace('X', '', 1), 'ab'.replace('', '-'), 'ab'.replace('', '-', 2)
crlf.splitlines(), crlf.splitlines(true), 'a\x0bb\x1cc\u2028d'.splitlines()
'a-b-c'.partition('-'), 'a-b-c'.rpartition('-'), 'abc'.partition('-'), 'abc'.rpartition('-')
name.startswith('Wo'), name.startswith(('x', 'W')), name.endswith('ld'), name.startswith('or', 1), name.endswith('l', 0, 4), ''.startswith('')
'hello'.find('l'), 'hello'.rfind('l'), 'hello'.find('z'), 'hello'.index('e'), 'hello'.count('l'), 'aaa'.count('aa'), 'hello'.find('l', 3), 'aé😀b'.find('b'), 'abc'.count(''), 'abc'.rfind('')
'a'.upper(), unicode.upper(), unicode.lower(), unicode.title(), unicode.capitalize(), unicode.swapcase()
"they're bill's".title(), "they're bill's-x (foo) [bar]"|title, 'hELLO wORLD'|capitalize, 'hello world'|title, 'ΑΣ ΑΣΑ'.lower()
'42'.zfill(5), '-42'.zfill(5), 'a'.center(4) ~ '|', 'ab'.center(5) ~ '|', 'a'.ljust(3, '.'), 'a'.rjust(3), 'ab'|center(7) ~ '|'
'abc'.isalpha(), 'ab1'.isalnum(), '12'.isdigit(), '²'.isdigit(), '²'.isdecimal(), '½'.isnumeric(), ' \t'.isspace(), ''.isspace(), 'Abc Def'.istitle(), 'ABC'.isupper(), 'abc'.islower(), 'a b'.isidentifier(), 'é'.isascii()
'prefix-x'.removeprefix('prefix-'), 'x.txt'.removesuffix('.txt'), 'x'.removesuffix('')
', '.join(words), ''.join([]), '-'.join('abc'), ', '.join(words|map('upper'))
[1, 2, 1].count(1), [1, 2].index(2), (1, 2).index(1), words.copy()
'%s and %d and %.2f and %5s|%-5s|%05d|%x|%%' % ('a', 3, 2.5, 'r', 'l', 42, 255)
'%s' % 'x', '%s' % [1], '%(a)s %(b)03d' % {'a': 'x', 'b': 7}, '%r' % 'q', '%e' % 12345.678, '%g' % 0.0001, '%+d' % 5
'%s-%s'|format('a', 'b'), '%(x)s'|format(x=1)
'{} {}'.format(1, 'a'), '{0}{1}{0}'.format('a', 'b'), '{x} {y[0]} {z.name}'.format(x=1, y=[2], z=users[0]), '{{}}'.format(), '{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}|{:,}|{:+}|{:x}|{:%}'.format('a', 'b', 'c', 42, 3.14159, 1234567, 3, 255, 0.5), '{!r}'.format('q')
'3'|int, '3.7'|int, 'x'|int, 'x'|int(7), 3.9|int, '0x1f'|int(base=16), '101'|int(base=2), none|int, ' 12 '|int, true|int, '1_000'|int, -3.9|int
'3'|float, '3.5e2'|float, 'x'|float, '.5'|float, '5.'|float, none|float(1.5), 3|float, 'inf'|float
2.5|round, 3.5|round, 2.675|round(2), 1.25|round(1), 42|round, 42.567|round(1, 'ceil'), 42.567|round(2, 'floor'), -2.5|round, 0|round
-3|abs, 3.5|abs, true|abs
'a\nb\n\nc'|indent, 'a\nb\n\nc'|indent(2, true), 'a\nb\n\nc'|indent(2, blank=true), 'a\nb'|indent('> '), ''|indent(2), 'a\n'|indent(2)
'hello world this is long'|truncate(10), 'hello world this is long'|truncate(10, true), 'hello world'|truncate(9), 'hello world this'|truncate(12, false, '…', 0)
'one two,three'|wordcount, 'a b/c?d=é'|urlencode, 'Hello'|replace('l', 'L'), 'aaa'|replace('a', 'b', 2), 5|replace('5', 'x')
html|e, html|escape, html|safe, (html|e)|e, '<'|e ~ '<', 5|e, (html|safe)|length, html|safe is escaped
5|string, none|string, 1.0|string, [1]|string, 'x'|string
namespace(a=1).a, namespace(a=1).b is defined, dict(a=1, b=2), dict([('x', 1)], y=2), dict({'q': 1})
{'a': 1, 'b': {'c': [1, 2]}}.b.c[1], {1: 'one'}[1], {'a': 1, 'a': 2}, {true: 'x'}[1]
users|map(attribute='name')|map('length')|sum
numbers|map('string')|join('+')
name|attr('upper') is callable, mapping|attr('b') is defined
1.0, 1.5, 100000000000000000000.0, 1e15, 123456789012345678.0, 0.0001, 0.00001, -0.0, 1e100
9223372036854775807, -9223372036854775807 - 1
(1, 2, 3)[1:], 'abc'[5:], 'abc'[-10:2], [1, 2, 3][-1:0:-1], 'abc'[none:2]
1 if missing else 2, (missing or 'x'), (missing and 'x') is defined
not missing, missing in [1], 'x' in missing
cycler('a', 'b').next(), joiner('|')()
'é' == 'é', 'é' in ['é'], {'é': 1}['é'] is defined
loop is defined
'a' is string and 1 is number or false
[1, 2,], {'a': 1,}, (1, 2,)
users[0].tags[0] ~ users[0]['tags'][-1]
text.split('\n')[0].strip().split(' ')|length
'<think>a</think>b'.split('</think>')[-1].lstrip('\n')
strftime_now is callable, raise_exception is callable
'\u00e9'|upper, 'ß'|upper, 'ǆ'|capitalize, 'İ'|lower|length
"a" "b" in "abc"
- 3 + 5, +3, - -3, -(3), 2 - -1, -numbers[0]|abs, (-numbers[0])|abs
numbers|sort|first + 1
[3, 1]|sort + [2]
mapping.a[1:]|tojson
'a' < 'b' and 'b' > 'a', 'a' <= 'a', 2 >= 3
messages|map(attribute='role')|list, messages|selectattr('role', 'in', ['user', 'system'])|map(attribute='content')|join('|')
(messages|last).tool_calls[0].function.arguments|tojson
messages[1:]|length, messages[-1]['role'], messages[::2]|map(attribute='role')|list
"""

TEMPLATES = [
    "{% for x in numbers %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for x in numbers %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }}/{{ loop.previtem }}/{{ loop.nextitem }}/{{ loop.cycle('a', 'b') }}/{{ loop.changed(x > 2) }}/{{ loop.depth }}\n{% endfor %}",
    "{% for x in numbers if x > 1 %}{{ loop.index }}:{{ x }}:{{ loop.last }}:{{ loop.length }} {% else %}none{% endfor %}",
    "{% for x in [] %}a{% else %}empty{% endfor %}",
    "{% for x in missing %}a{% else %}empty{% endfor %}",
    "{% for k, v in mapping.c.items() %}{{ k }}={{ v }}{% endfor %}",
    "{% for k, v in mapping|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for k in mapping %}{{ k }}{% endfor %}{% for c in 'abc' %}[{{ c }}]{% endfor %}",
    "{% for x in numbers %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in numbers %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in [] %}{% else %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ y }}{% endfor %}{% endfor %}",
    "{% for a in [1, 2] %}{% for b in [3, 4] %}{{ loop.index }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = i + 10 %}{{ x }} {% endfor %}{{ x }}",
    "{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace(on=false) %}{% for x in numbers if not ns.on %}{{ x }}{% if x == 1 %}{% set ns.on = true %}{% endif %}{% endfor %}",
    "{% if yes %}{% set y = 5 %}{% endif %}{{ y }}",
    "{% set a, b = [1, 2] %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}",
    "{% set x %}\n  hello {{ name }}\n{% endset %}[{{ x }}]",
    "{% set x | upper | trim %}  hello {{ name }} {% endset %}[{{ x }}]",
    "{% set x %}{% set inner = 1 %}{% endset %}{{ inner is defined }}",
    "{% filter upper | replace('A', '*') %}banana {{ name }}{% endfilter %}",
    "{% with a = 1, b = name %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% macro m(a, b='B', c=none) %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }} {{ m(c=3, a=0) }} {{ m() }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    "{% macro m() %}{{ later }}{% endmacro %}{% set later = 'x' %}{{ m() }}",
    "{% macro m() %}{% set inside = 1 %}{{ inside }}{% endmacro %}{{ m() }}{{ inside is defined }}",
    "{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(5) }}",
    "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}body {{ name }}{% endcall %}",
    "{% macro m() %}[{{ caller(1, 2) }}]{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}",
    "{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{{ inner() }}{% endmacro %}{{ outer() }}",
    "{% for i in [1, 2] %}{% macro m() %}{{ i }}{{ loop is defined }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% macro m(x, y=x) %}{{ x }}{{ y }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}{{ m.name }}{{ m.arguments }}{% endmacro %}{{ m() }}",
    "{% set m = 'a' %}{% macro f(m) %}{{ m }}{% endmacro %}{{ f('b') }}{{ m }}",
    "{% generation %}hello {{ name }}{% set z = 1 %}{% endgeneration %}{{ z is defined }}",
    "{% raw %}{{ not }} {% this %}{% endraw %}x",
    "{%- raw -%}  {{ a }}  {%- endraw -%}  x",
    "a {# comment {{ x }} #} b {#- c -#} d",
    "{% print 1, 'a' %}",
    "{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
    "{% set j = joiner(', ') %}{% for x in [1, 2, 3] %}{{ j() }}{{ x }}{% endfor %}",
    "{% set g = numbers|select('gt', 1) %}{% for x in g %}{{ x }}{% endfor %}|{% for x in g %}{{ x }}{% endfor %}",
    "{% set g = numbers|map('abs') %}{% for x in g %}{{ x }}{% if x == 1 %}{% break %}{% endif %}{% endfor %}|{{ g|list }}",
    "{% if numbers|select('gt', 1000) %}truthy{% endif %}",
    "{% for x in numbers|batch(2) %}{{ loop.last }}{{ x }}{% endfor %}",
    "{% for g in users|groupby('age') %}{{ g.grouper }}:{{ g.list|length }}{{ g[0] }} {% endfor %}",
    "{% for age, list in users|groupby('age') %}{{ age }}{{ list|map(attribute='name')|list }}{% endfor %}",
    # white space
    "a\n  {% if yes %}\n    b\n  {% endif %}\nc\n",
    "a\n  {%+ if yes %}\n    b\n  {%+ endif +%}\nc\n\n",
    "a\n  {%- if yes -%}\n    b\n  {%- endif -%}\nc",
    "a\n  {{- name -}}  \n b",
    "a\n  {{ name }}\n b\n",
    "  {# c #}\nx\n  {#- c #}\n  {# c -#}\n y",
    "{% if yes %}x{% endif %}\n\n{% if yes %}y{% endif %}\n",
    "\n\n{% if yes %}\n\nx\n{% endif %}\n\n",
    "  {% if yes %}  {% if yes %}  x  {% endif %}  {% endif %}  \n",
    "{{ name }}  {% if yes %}x{% endif %}",
    "line\r\n  {% if yes %}\r\nx\r{% endif %}\r\n",
    "\t{% raw %}\n x {% endraw %}\n y",
    "{{ {'a': {'b': 1}} }}{{ '}}' }}{{ \"%}\" }}{% if '%}' %}ok{% endif %}",
    "{{-1}} {{- 1 }} {{+1}}",
    "{% for x in [1,2] -%}\n  {{ x }}\n{%- endfor %}",
    # chat templates in small
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% endif %}{% for m in loop_messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate!') }}{% endif %}{% if loop.index0 == 0 and system_message is defined %}{% set content = '<<SYS>>' + system_message + '<</SYS>>' + m['content'] %}{% else %}{% set content = m['content'] %}{% endif %}{{ '[' + content.strip() + ']' }}{% endfor %}",
    "{%- for message in messages %}{%- if message.tool_calls %}{%- for tool_call in message.tool_calls %}{%- if tool_call.function is defined %}{%- set tool_call = tool_call.function %}{%- endif %}{{ tool_call.name }}({{ tool_call.arguments | tojson }}){%- endfor %}{%- endif %}{%- endfor %}",
    # what Jinja2 refuses
    "{{ missing.name }}",
    "{{ missing + 1 }}",
    "{{ missing() }}",
    "{{ missing < 1 }}",
    "{{ -missing }}",
    "{{ nothing.x.y }}",
    "{{ 'a' + 1 }}",
    "{{ 1 + none }}",
    "{{ 1 / 0 }}",
    "{{ 'a' < 1 }}",
    "{{ 5|length }}",
    "{{ 1 in 2 }}",
    "{{ none in 'a' }}",
    "{{ numbers.append(1) }}",
    "{{ mapping.update({}) }}",
    "{{ mapping|map('nofilter')|list }}",
    "{% for a, b in [1, 2] %}{% endfor %}",
    "{% for a, b in [[1, 2, 3]] %}{% endfor %}",
    "{{ raise_exception('no') }}",
    "{{ 'a'.index('z') }}",
    "{{ {[1]: 2} }}",
    "{{ missing|tojson }}",
    "{{ range(10)|tojson }}",
    "{{ [1, 'a']|sort }}",
    "{{ none|length }}",
    "{% set name.x = 1 %}",
    "{% set ns = namespace(_x=1) %}",
    "{{ ''.__class__.__mro__ }}",
    "{{ range(1000000) }}",
    "{{ '%d' % 'x' }}",
    "{{ '%s %s' % 'x' }}",
    "{{ 'x' % 1 }}",
    "{{ '{}'.format() }}",
    "{{ ', '.join([1]) }}",
    "{{ 'abc'.split('') }}",
    "{{ [1][0:1:0] }}",
    "{{ numbers|select('nosuchtest')|list }}",
    "{{ 'x'.upper(1) }}",
    "{{ foo bar }}",
    "{{ 1 + }}",
    "{% if %}{% endif %}",
    "{% endif %}",
    "{% for x in y %}",
    "{% unknown %}",
    "{{ 'unclosed }}",
    "{{ (1 }}",
    "{# never closed",
    "{% raw %} never closed",
    "{% break %}",
    "{{ 1 is 2 is 3 }}",
    "{% set true = 1 %}",
    "{{ f(a=1, 2) }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{{ 'a' is nosuchtest }}",
    "{% call 5 %}{% endcall %}",
    "{% do numbers %}",
]


def render(source):
    try:
        return {"template": source, "text": _compile_jinja_template(source).render(**CONTEXT)}
    except Exception as error:
        return {"template": source, "error": type(error).__name__}


def main():
    sources = ["{{ (%s) }}" % line if "," in line else "{{ %s }}" % line for line in EXPRESSIONS.strip().split("\n")]
    cases = [render(source) for source in sources + TEMPLATES]
    for case in cases:
        if "error" in case and case["template"] in sources:
            print("an expression fails:", case)
    fixture = {"context": CONTEXT, "cases": cases}
    root = pathlib.Path(__file__).resolve().parents[2]
    path = root / "Tests/TokenizersTests/Fixtures/jinja.json"
    path.write_text(json.dumps(fixture, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(cases)} templates, {sum('error' in case for case in cases)} of them refused")


main()
