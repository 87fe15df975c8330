using Larder.Security.Files;
using Larder.Security.Keys;

namespace Larder.Security.Tests.Keys;

/// <summary>The master key: made once, kept closed, refused when damaged or open.</summary>
public sealed class InstallationKeyTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    private string KeyFile => _home.At("secrets", "master.key");

    public void Dispose() => _home.Dispose();

    [Fact]
    public void OpenOrCreate_Twice_GivesTheSameKey()
    {
        using var first = InstallationKey.OpenOrCreate(_home.Path);
        using var second = InstallationKey.OpenOrCreate(_home.Path);

        Assert.Equal(first.Id, second.Id);
        Assert.Equal(first.Derive("x", 32), second.Derive("x", 32));
        Assert.Matches("^[0-9a-f]{8}$", first.Id);
        Assert.Equal(OwnerOnlyFile.PrivateMode, File.GetUnixFileMode(KeyFile));
        Assert.Equal(OwnerOnlyFile.PrivateFolderMode, File.GetUnixFileMode(_home.At("secrets")));
    }

    [Fact]
    public void OpenOrCreate_InTwoHomes_GivesDifferentKeys()
    {
        using var other = new TemporaryFolder();
        using var first = InstallationKey.OpenOrCreate(_home.Path);
        using var second = InstallationKey.OpenOrCreate(other.Path);

        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task OpenOrCreate_ByManyAtOnce_GivesOneKey()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var key = InstallationKey.OpenOrCreate(_home.Path);
            return key.Id;
        }, TestContext.Current.CancellationToken)));

        Assert.Single(opened.Distinct());
    }

    [Fact]
    public void OpenOrCreate_FileReadableByGroup_IsRefusedWithTheCommandThatMendsIt()
    {
        InstallationKey.OpenOrCreate(_home.Path).Dispose();
        File.SetUnixFileMode(KeyFile, OwnerOnlyFile.PrivateMode | UnixFileMode.GroupRead);

        var exception = Assert.Throws<SecretFileException>(() => InstallationKey.OpenOrCreate(_home.Path));

        Assert.Contains($"chmod 600 '{KeyFile}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenOrCreate_FolderOpenToOthers_IsRefusedWithTheCommandThatMendsIt()
    {
        InstallationKey.OpenOrCreate(_home.Path).Dispose();
        File.SetUnixFileMode(_home.At("secrets"), OwnerOnlyFile.PrivateFolderMode | UnixFileMode.OtherExecute);

        var exception = Assert.Throws<SecretFileException>(() => InstallationKey.OpenOrCreate(_home.Path));

        Assert.Contains($"chmod 700 '{_home.At("secrets")}'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("larder-master-key-v1:")]
    [InlineData("larder-master-key-v1:c2hvcnQ=")]
    [InlineData("larder-master-key-v2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("larder-master-key-v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void OpenOrCreate_DamagedFile_IsRefusedAndKept(string content)
    {
        OwnerOnlyFile.Write(KeyFile, content);

        var exception = Assert.Throws<SecretFileException>(() => InstallationKey.OpenOrCreate(_home.Path));

        Assert.Contains(KeyFile, exception.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(KeyFile));
    }
}
