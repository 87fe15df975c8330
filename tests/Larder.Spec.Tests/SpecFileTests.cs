using System.Diagnostics;
using System.Text;
using CsCheck;

namespace Larder.Spec.Tests;

/// <summary>Files that are no specs: each a clear error that names the file, quickly, and never an exception.</summary>
public sealed class SpecFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.Equal("no-such.yaml: there is no such file. Looked for " + Path.GetFullPath("no-such.yaml") + ".", One("no-such.yaml"));
        Assert.StartsWith("no/such.yaml: there is no such file.", One("no/such.yaml"), StringComparison.Ordinal);
        Assert.Equal(": no file is named", One(""));
    }

    [Fact]
    public void A_folder_is_not_a_file() => Assert.Equal($"{_folder.Path}: is a folder, not a file. Name the file in it.", One(_folder.Path));

    [Fact]
    public void A_file_without_permission_is_named()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read every file");
        var path = _folder.Write("a.yaml", "name: a");
        File.SetUnixFileMode(path, UnixFileMode.None);
        Assert.Equal($"{path}: cannot be read: permission denied. Give this user the right to read it.", One(path));
    }

    [Fact]
    public void A_path_through_a_file_or_with_a_name_too_long_is_an_error_not_an_exception()
    {
        var path = _folder.Write("a.yaml", "name: a");
        Assert.StartsWith($"{path}/b.yaml: ", One($"{path}/b.yaml"), StringComparison.Ordinal);
        var name = Path.Combine(_folder.Path, new string('a', 5000));
        Assert.StartsWith($"{name}: ", One(name), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n  \n")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("---\n...\n")]
    public void An_empty_file_says_what_the_smallest_spec_is(string text)
    {
        var path = _folder.Write("a.yaml", text);
        Assert.Equal($"{path}: is empty. The smallest spec has two lines: name: NAME and preset: development.", One(path));
    }

    [Fact]
    public void Empty_JSON_is_empty_too() => Assert.Contains(": is empty.", One(_folder.Write("a.json", " ")), StringComparison.Ordinal);

    [Fact]
    public void Ten_megabytes_are_refused_by_their_size_before_they_are_read()
    {
        var path = _folder.Write("a.yaml", Encoding.ASCII.GetBytes("name: a\n" + new string('#', 10_000_000)));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal($"{path}: has 10000008 bytes; a spec has at most 262144 (256 KiB)", One(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1_000_000);
    }

    [Fact]
    public void A_request_of_ten_megabytes_is_refused_by_its_size() => Assert.Equal(
        "request: has 10000000 bytes; a spec has at most 262144 (256 KiB)",
        Assert.Single(SpecLoader.Parse(new string('a', 10_000_000), "request").Errors).ToString());

    [Fact]
    public void A_device_without_end_is_left_after_the_limit() => Assert.Equal(
        "/dev/zero: has more than 262144 bytes (256 KiB), the most that a spec has", One("/dev/zero"));

    [Fact]
    public void Files_that_are_not_text_are_told_apart()
    {
        var binary = _folder.Write("a.yaml", [0x7f, (byte)'E', (byte)'L', (byte)'F', 0, 1]);
        Assert.Equal($"{binary}: is not a text file: byte 4 is zero", One(binary));
        var latin = _folder.Write("b.yaml", [.. "name: caf"u8, 0xE9, (byte)'\n']);
        Assert.Equal($"{latin}: is not UTF-8 text: byte 9 is not part of a character. Save it as UTF-8.", One(latin));
        var wide = _folder.Write("c.yaml", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("name: a")).ToArray());
        Assert.Equal($"{wide}: is UTF-16 text. Save it as UTF-8.", One(wide));
    }

    [Theory]
    [InlineData("just a text", "a.yaml:1:1: \"just a text\" is a text; allowed: a mapping with name, preset")]
    [InlineData("- name: a", "a.yaml:1:1: is a list; allowed: a mapping with name, preset")]
    [InlineData("name: a\n\tpreset: development", "a.yaml:2:1: not valid YAML: a tab as indentation. Indent with spaces; YAML forbids tabs there.")]
    [InlineData("redis:\n\tcapacity: 1", "a.yaml:2:1: not valid YAML: a tab as indentation. Indent with spaces; YAML forbids tabs there.")]
    [InlineData("redis:\n  a: 1\n b: 2", "a.yaml:3:2: not valid YAML: While parsing a block mapping, did not find expected key")]
    [InlineData("name: {a\nredis: 1\n", "not valid YAML: ")]
    [InlineData("name: [a", "not valid YAML: ")]
    [InlineData("name: \"a", "not valid YAML: ")]
    [InlineData("name: a\n---\nname: b", "a.yaml:2:1: a second document starts here. A file describes one cache: put the other into a file of its own.")]
    [InlineData("name: &x a", "a.yaml:1:7: the anchor &x is not allowed. Write each value out where it is used.")]
    [InlineData("name: *x", "a.yaml:1:7: the alias *x is not allowed. Write the value out.")]
    [InlineData("name: !!str 7", "a.yaml:1:7: the tag ")]
    [InlineData("? [a]\n: b", "a.yaml:1:3: a field's name must be a plain text")]
    [InlineData("{ \"name\": ", "not valid YAML: ")]
    public void Texts_that_are_no_specs_say_where_and_why(string text, string part) =>
        Assert.Contains(part, Assert.Single(SpecLoader.Parse(text, "a.yaml").Errors).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("name: a", "a.json:1:2: not valid JSON: ")]
    [InlineData("{\n\"name\": \"a\",\n}", "a.json:3:1: not valid JSON: ")]
    [InlineData("{\"name\": \"a\"} x", "a.json:1:15: not valid JSON: ")]
    [InlineData("{\"name\": ", "not valid JSON: ")]
    [InlineData("{\"name\": \"\\ud800\"}", "a.json:1:10: not valid JSON: the text has half of a surrogate pair")]
    [InlineData("[]", "a.json:1:1: is a list; allowed: a mapping with ")]
    public void JSON_files_must_be_JSON(string text, string part) =>
        Assert.Contains(part, Assert.Single(SpecLoader.Parse(text, "a.json").Errors).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Bombs_die_at_once()
    {
        var laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            "bcdefghi".Select(letter => $"{letter}: &{letter} [{string.Join(',', Enumerable.Repeat($"*{(char)(letter - 1)}", 9))}]\n"));
        string[] bombs =
        [
            laughs,
            new string('[', 200_000),
            new string('{', 200_000),
            string.Concat(Enumerable.Repeat("{a: ", 60_000)),
            string.Concat(Enumerable.Repeat("- ", 120_000)),
            string.Concat(Enumerable.Repeat("? ", 120_000)),
            "name: " + new string('a', 250_000),
            new string('a', 250_000) + ": 1",
            "{\"a\":" + string.Concat(Enumerable.Repeat("[", 200_000)),
            "name: \"" + new string(' ', 250_000) + "\"",
            string.Concat(Enumerable.Repeat("a: 1\n", 50_000)),
            string.Concat(Enumerable.Range(0, 20_000).Select(index => $"f{index}: 1\n")),
            "name: " + new string('-', 250_000) + "x",
        ];
        foreach (var (name, bomb) in bombs.SelectMany(bomb => new[] { ("bomb.yaml", bomb), ("bomb.json", bomb), ("request", bomb) }))
        {
            var watch = Stopwatch.StartNew();
            var errors = SpecLoader.Parse(bomb, name).Errors;
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{name} {bomb[..20]} took {watch.Elapsed}");
            Assert.NotEmpty(errors);
            Assert.All(errors, error => Assert.InRange(error.ToString().Length, 1, 500));
        }
    }

    [Fact]
    public void Any_text_gives_a_spec_or_errors_and_never_an_exception()
    {
        const string good = "name: dev # c\npreset: development\nredis:\n  capacity: 1\n  redis_version: \"7\"\nmonitoring: { mode: CUSTOM, alarms: {} }\n";
        const string odd = "\t \n:-?[]{}&*!|>'\"%@`#,.~<=\\\u00e9\u2028\uFEFF\u0085\r\u0000\u0007ab01";
        var damage = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[0, 4], Gen.Char[odd].Array[0, 4], (at, cut, add) => (at, cut, add: new string(add)));
        damage.Array[1, 6].Sample(
            edits =>
            {
                var text = edits.Aggregate(good, (one, edit) =>
                {
                    var at = Math.Min(edit.at, one.Length);
                    return one.Remove(at, Math.Min(edit.cut, one.Length - at)).Insert(at, edit.add);
                });
                foreach (var name in new[] { "a.yaml", "a.json" })
                {
                    var result = SpecLoader.Parse(text, name);
                    Assert.Equal(result.Errors.IsEmpty, result.IsValid);
                    Assert.All(result.Errors, error =>
                    {
                        Assert.NotEmpty(error.Problem);
                        Assert.DoesNotContain(error.ToString(), char.IsControl);
                    });
                }
            },
            iter: 20_000);
    }

    private static string One(string path) => Assert.Single(SpecLoader.Load(path).Errors).ToString();
}
