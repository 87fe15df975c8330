using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Larder.Model;
using Larder.Security.Keys;

namespace Larder.Security.Tests.Keys;

/// <summary>Access keys and engine passwords: their form, their distribution, regeneration, digests.</summary>
public sealed partial class AccessKeyTests
{
    [Fact]
    public void Create_AlwaysMatchesTheIdentifiableForm()
    {
        using var system = RandomNumberGenerator.Create();
        for (var i = 0; i < 2000; i++)
        {
            Assert.Matches(Form(), AccessKeyGenerator.Create().Reveal());
            Assert.Matches(Form(), AccessKeyGenerator.Create(system).Reveal());
        }
    }

    [Fact]
    public void Create_FromAnyBytes_MatchesTheFormAndUsesThem() =>
        Gen.Byte.Array[64].Where(bytes => bytes.Any(value => (value & 63) < 16)).Sample(bytes =>
        {
            using var random = new RepeatingGenerator(bytes);
            return Form().IsMatch(AccessKeyGenerator.Create(random).Reveal());
        });

    [Fact]
    public void Create_ManyTimes_IsUniformInEveryPlace()
    {
        const int keys = 62_000;
        var counts = new int[44, 128];
        for (var i = 0; i < keys; i++)
        {
            var key = AccessKeyGenerator.Create().Reveal();
            for (var at = 0; at < key.Length; at++)
            {
                counts[at, key[at]]++;
            }
        }

        // Chi-squared against the uniform distribution; the limits are passed by chance about once in 10^9 runs per place.
        foreach (var at in Enumerable.Range(0, 33).Concat(Enumerable.Range(38, 5)))
        {
            Assert.InRange(ChiSquared(counts, at, keys, 62), 10, 150);
        }

        Assert.InRange(ChiSquared(counts, 37, keys, 16), 0.1, 75);
    }

    [Fact]
    public void EnginePassword_Is64HexadecimalCharactersAndNew()
    {
        var passwords = Enumerable.Range(0, 100).Select(_ => EnginePasswordGenerator.Create().Reveal()).ToList();

        Assert.All(passwords, password => Assert.Matches("^[0-9a-f]{64}$", password));
        Assert.Equal(100, passwords.Distinct().Count());
    }

    [Fact]
    public void Regenerate_OneKey_ChangesItAndItsGenerationAlone()
    {
        var pair = AccessKeyPair.Create();
        var next = pair.Regenerate(AccessKeyName.Secondary).Regenerate(AccessKeyName.Secondary);

        Assert.Same(pair.Primary, next.Primary);
        Assert.Equal(3, next.Secondary.Generation);
        Assert.NotEqual(pair.Secondary.Value, next.Secondary.Value);
        Assert.Same(next.Secondary, next.Regenerate(AccessKeyName.Primary)[AccessKeyName.Secondary]);
        Assert.Equal(2, next.Regenerate(AccessKeyName.Primary)[AccessKeyName.Primary].Generation);
    }

    [Fact]
    public void ToDigests_NamesKeyAndGeneration_AndHashesTheText()
    {
        var pair = new AccessKeyPair(new AccessKey(new Secret("abc"), 3), new AccessKey(new Secret("def"), 1));

        var digests = pair.ToDigests();

        Assert.Equal(["primary-3", "secondary-1"], digests.Select(digest => digest.Id));
        Assert.Equal(Convert.FromHexString("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), digests[0].Sha256);
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes("def")), digests[1].Sha256);
    }

    [Fact]
    public void ToString_OfAPair_ShowsNoKey()
    {
        var pair = AccessKeyPair.Create();

        Assert.DoesNotContain("AzCa", pair.ToString(), StringComparison.Ordinal);
    }

    private static double ChiSquared(int[,] counts, int at, int total, int categories)
    {
        var expected = (double)total / categories;
        var seen = Enumerable.Range(0, 128).Select(character => counts[at, character]).Where(count => count > 0).ToList();
        Assert.Equal(categories, seen.Count);
        return seen.Sum(count => (count - expected) * (count - expected) / expected);
    }

    [GeneratedRegex("^[0-9A-Za-z]{33}AzCa[A-P][0-9A-Za-z]{5}=$")]
    private static partial Regex Form();

    private sealed class RepeatingGenerator(byte[] pattern) : RandomNumberGenerator
    {
        private int _at;

        public override void GetBytes(byte[] data)
        {
            for (var i = 0; i < data.Length; i++)
            {
                data[i] = pattern[_at++ % pattern.Length];
            }
        }
    }
}
