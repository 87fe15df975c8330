using CsCheck;
using Larder.Model;
using Larder.Security.Keys;

namespace Larder.Security.Tests.Keys;

/// <summary>Encryption at rest: what went in comes out, and nothing else does.</summary>
public sealed class SecretProtectorTests : IDisposable
{
    private const string Purpose = "cache/orders/access-key/primary";
    private readonly TemporaryFolder _home = new();
    private readonly InstallationKey _key;
    private readonly SecretProtector _protector;

    public SecretProtectorTests()
    {
        _key = InstallationKey.OpenOrCreate(_home.Path);
        _protector = new SecretProtector(_key);
    }

    public void Dispose()
    {
        _key.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void Unprotect_OfProtect_GivesTheSecretForAnyTextAndPurpose() =>
        Gen.Select(Gen.String, Gen.String[1, 40]).Sample((text, purpose) =>
        {
            // Lone surrogates are no text and do not survive any UTF-8 encoding.
            var clean = new string([.. text.Where(character => !char.IsSurrogate(character))]);
            return _protector.Unprotect(_protector.Protect(new Secret(clean), purpose), purpose).Reveal() == clean;
        }, threads: 1);

    [Fact]
    public void Protect_Twice_GivesDifferentEnvelopesOfTheDocumentedForm()
    {
        var first = _protector.Protect(new Secret("hunter2"), Purpose);
        var second = _protector.Protect(new Secret("hunter2"), Purpose);

        Assert.NotEqual(first, second);
        Assert.Matches($"^v1:{_key.Id}:[A-Za-z0-9+/]+=*$", first);
        Assert.DoesNotContain("hunter2", first, StringComparison.Ordinal);
    }

    [Fact]
    public void Unprotect_AfterTheKeyWasOpenedAgain_GivesTheSecret()
    {
        var envelope = _protector.Protect(new Secret("hunter2"), Purpose);
        using var again = InstallationKey.OpenOrCreate(_home.Path);

        Assert.Equal("hunter2", new SecretProtector(again).Unprotect(envelope, Purpose).Reveal());
    }

    [Fact]
    public void Unprotect_OtherPurpose_IsNotAuthentic()
    {
        var envelope = _protector.Protect(new Secret("hunter2"), Purpose);

        var exception = Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(envelope, "cache/other/access-key/primary"));

        Assert.Equal(SecretProtectionFailure.NotAuthentic, exception.Kind);
    }

    [Fact]
    public void Unprotect_OtherInstallation_SaysWhichKeyIsNeeded()
    {
        using var otherHome = new TemporaryFolder();
        using var otherKey = InstallationKey.OpenOrCreate(otherHome.Path);
        var envelope = new SecretProtector(otherKey).Protect(new Secret("hunter2"), Purpose);

        var exception = Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(envelope, Purpose));

        Assert.Equal(SecretProtectionFailure.WrongKey, exception.Kind);
        Assert.Contains(otherKey.Id, exception.Message, StringComparison.Ordinal);
        Assert.Contains(_key.Id, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unprotect_ForeignEnvelopeUnderOurKeyId_IsNotAuthentic()
    {
        using var otherHome = new TemporaryFolder();
        using var otherKey = InstallationKey.OpenOrCreate(otherHome.Path);
        var forged = new SecretProtector(otherKey).Protect(new Secret("hunter2"), Purpose).Replace(otherKey.Id, _key.Id, StringComparison.Ordinal);

        var exception = Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(forged, Purpose));

        Assert.Equal(SecretProtectionFailure.NotAuthentic, exception.Kind);
    }

    [Fact]
    public void Unprotect_AnyChangedCharacter_IsRefused()
    {
        var envelope = _protector.Protect(new Secret("hunter2"), Purpose);
        for (var at = 0; at < envelope.Length; at++)
        {
            foreach (var replacement in "A0:=x".Where(replacement => replacement != envelope[at]))
            {
                var changed = envelope[..at] + replacement + envelope[(at + 1)..];
                Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(changed, Purpose));
            }
        }
    }

    [Fact]
    public void Unprotect_AnyPrefixOrExtension_IsRefused()
    {
        var envelope = _protector.Protect(new Secret("hunter2"), Purpose);
        for (var length = 0; length < envelope.Length; length++)
        {
            var prefix = envelope[..length];
            Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(prefix, Purpose));
        }

        Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(envelope + "AAAA", Purpose));
        Assert.Throws<SecretProtectionException>(() => _protector.Unprotect(envelope + " ", Purpose));
    }
}
