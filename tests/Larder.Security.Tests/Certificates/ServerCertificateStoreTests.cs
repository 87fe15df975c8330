using Larder.Model.Specs;
using Larder.Security.Certificates;
using Larder.Security.Files;

namespace Larder.Security.Tests.Certificates;

/// <summary>The store: one certificate per cache, kept while it serves, issued anew when it does not.</summary>
public sealed class ServerCertificateStoreTests : IDisposable
{
    private static readonly ServerCertificateRequest Request = new(Installation.Names);
    private readonly Installation _installation = new();
    private readonly CertificateAuthority _authority;

    public ServerCertificateStoreTests() => _authority = _installation.OpenAuthority();

    private string KeyFile => _installation.Home.At("certificates", "orders", "server.key");

    private string CertificateFile => _installation.Home.At("certificates", "orders", "server.crt");

    public void Dispose() => _installation.Dispose();

    [Fact]
    public void GetOrIssue_FirstTime_IssuesAndKeepsTheInstance()
    {
        var store = _installation.OpenStore(_authority);
        var first = store.GetOrIssue("orders", Request);
        var second = store.GetOrIssue("orders", Request);

        Assert.Equal(RenewalReason.Missing, first.Issued);
        Assert.Equal(RenewalReason.None, second.Issued);
        Assert.Same(first.Certificate.Certificate, second.Certificate.Certificate);
        Assert.Equal(OwnerOnlyFile.PrivateMode, File.GetUnixFileMode(KeyFile));
        Assert.Equal(OwnerOnlyFile.PublicMode, File.GetUnixFileMode(CertificateFile));
        Assert.Equal(59.97, (first.RenewAt - _installation.Clock.GetUtcNow()).TotalDays, 0.05);
    }

    [Fact]
    public void GetOrIssue_TwoCaches_HaveTheirOwn()
    {
        var store = _installation.OpenStore(_authority);

        Assert.NotEqual(store.GetOrIssue("orders", Request).Certificate.Certificate.Thumbprint,
            store.GetOrIssue("sessions", Request).Certificate.Certificate.Thumbprint);
    }

    [Fact]
    public void GetOrIssue_AfterRestart_ReadsTheSameCertificate()
    {
        var before = _installation.OpenStore(_authority).GetOrIssue("orders", Request);
        var after = _installation.OpenStore(_authority).GetOrIssue("orders", Request);

        Assert.Equal(RenewalReason.None, after.Issued);
        Assert.Equal(before.Certificate.Certificate.Thumbprint, after.Certificate.Certificate.Thumbprint);
        Assert.True(after.Certificate.Certificate.HasPrivateKey);
    }

    [Fact]
    public void GetOrIssue_WhenDue_IssuesANewOneAndKeepsTheOldUsable()
    {
        var store = _installation.OpenStore(_authority);
        var before = store.GetOrIssue("orders", Request);
        _installation.Clock.Advance(before.RenewAt - _installation.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));

        var after = store.GetOrIssue("orders", Request);

        Assert.Equal(RenewalReason.Expiring, after.Issued);
        Assert.NotSame(before.Certificate.Certificate, after.Certificate.Certificate);
        Assert.NotEqual(IntPtr.Zero, before.Certificate.Certificate.Handle);
        Assert.Equal(RenewalReason.None, store.GetOrIssue("orders", Request).Issued);
    }

    [Fact]
    public void GetOrIssue_NewName_IssuesForIt()
    {
        var store = _installation.OpenStore(_authority);
        store.GetOrIssue("orders", Request);

        var after = store.GetOrIssue("orders", new ServerCertificateRequest(Installation.Names.WithFirst("new.example")));

        Assert.Equal(RenewalReason.NamesChanged, after.Issued);
        Assert.True(after.Certificate.Certificate.MatchesHostname("new.example"));
    }

    [Fact]
    public void GetOrIssue_NewAuthority_IssuesUnderIt()
    {
        _installation.OpenStore(_authority).GetOrIssue("orders", Request);
        Directory.Delete(_installation.Home.At("ca"), recursive: true);

        var after = _installation.OpenStore(_installation.OpenAuthority()).GetOrIssue("orders", Request);

        Assert.Equal(RenewalReason.AuthorityChanged, after.Issued);
    }

    [Fact]
    public void GetOrIssue_CrashBetweenKeyAndCertificate_IssuesAPairThatFits()
    {
        var store = _installation.OpenStore(_authority);
        store.GetOrIssue("orders", Request);
        store.GetOrIssue("other", Request);
        File.Copy(_installation.Home.At("certificates", "other", "server.key"), KeyFile, overwrite: true);

        var after = _installation.OpenStore(_authority).GetOrIssue("orders", Request);

        Assert.Equal(RenewalReason.Damaged, after.Issued);
        Assert.Equal(RenewalReason.None, _installation.OpenStore(_authority).GetOrIssue("orders", Request).Issued);
    }

    [Theory]
    [InlineData("server.key", "")]
    [InlineData("server.crt", "")]
    [InlineData("server.crt", "-----BEGIN CERTIFICATE-----\nMIIB")]
    public void GetOrIssue_HalfWrittenFile_IssuesAnew(string file, string content)
    {
        _installation.OpenStore(_authority).GetOrIssue("orders", Request);
        OwnerOnlyFile.Write(_installation.Home.At("certificates", "orders", file), content);

        Assert.Equal(RenewalReason.Damaged, _installation.OpenStore(_authority).GetOrIssue("orders", Request).Issued);
    }

    [Theory]
    [InlineData("server.key")]
    [InlineData("server.crt")]
    public void GetOrIssue_FileGone_IssuesAnew(string file)
    {
        _installation.OpenStore(_authority).GetOrIssue("orders", Request);
        File.Delete(_installation.Home.At("certificates", "orders", file));

        Assert.Equal(RenewalReason.Missing, _installation.OpenStore(_authority).GetOrIssue("orders", Request).Issued);
    }

    [Fact]
    public void GetOrIssue_KeyWasReadableByOthers_IssuesAnewAndClosesIt()
    {
        _installation.OpenStore(_authority).GetOrIssue("orders", Request);
        File.SetUnixFileMode(KeyFile, OwnerOnlyFile.PublicMode);

        Assert.Equal(RenewalReason.Exposed, _installation.OpenStore(_authority).GetOrIssue("orders", Request).Issued);
        Assert.Equal(OwnerOnlyFile.PrivateMode, File.GetUnixFileMode(KeyFile));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../ca")]
    [InlineData("a/b")]
    public void GetOrIssue_NotACacheName_IsRefused(string cache) =>
        Assert.Throws<ArgumentException>(() => _installation.OpenStore(_authority).GetOrIssue(cache, Request));

    [Fact]
    public void Delete_RemovesTheFiles_AndLeavesTheInstanceUsable()
    {
        var store = _installation.OpenStore(_authority);
        var issued = store.GetOrIssue("orders", Request);
        store.Delete("orders");
        store.Delete("orders");

        Assert.False(Directory.Exists(Path.GetDirectoryName(KeyFile)));
        Assert.NotEqual(IntPtr.Zero, issued.Certificate.Certificate.Handle);
        Assert.Equal(RenewalReason.Missing, store.GetOrIssue("orders", Request).Issued);
    }

    [Fact]
    public void LoadUser_UnchangedFiles_GiveTheSameInstance_ChangedFilesANewOne()
    {
        var store = _installation.OpenStore(_authority);
        store.GetOrIssue("orders", Request);
        var spec = new CertificateSpec(CertificateFile, KeyFile);
        var first = store.LoadUser("sessions", spec, Installation.Names).Certificate!;
        Assert.Same(first, store.LoadUser("sessions", spec, Installation.Names).Certificate);

        File.Delete(KeyFile);
        Assert.Null(store.LoadUser("sessions", spec, Installation.Names).Certificate);
        _installation.OpenStore(_authority).GetOrIssue("orders", Request);
        var third = store.LoadUser("sessions", spec, Installation.Names).Certificate!;
        Assert.NotSame(first, third);
        Assert.NotEqual(IntPtr.Zero, first.Certificate.Handle);
    }
}
