using Larder.Model.Specs;

namespace Larder.Engines.Tests.Live;

/// <summary>Users of clients inside real engines: what each policy lets them do, and that no policy gives what is blocked.</summary>
[Trait("Category", "Integration")]
public sealed class ClientUserTests : IDisposable
{
    private static readonly ClientUser Owner = new("owner", AccessPolicies.BuiltIn["Data Owner"]);
    private static readonly ClientUser Contributor = new("contributor", AccessPolicies.BuiltIn["Data Contributor"]);
    private static readonly ClientUser Reader = new("reader.1@example", AccessPolicies.BuiltIn["Data Reader"]);
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Engines => LiveEngines.All;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Policies_let_users_do_what_they_say_and_no_more(string engine)
    {
        await using var node = await StartAsync(engine);
        await node.Node.ReconfigureAsync(node.Configuration with { ClientUsers = [Owner, Contributor, Reader, Narrow(engine)] }, Token);
        await AssertPoliciesAsync(node, engine);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_node_starts_with_the_users_it_is_to_have(string engine)
    {
        await using var node = new LiveNode(await LiveEngines.GetAsync(engine), _folder.Path, 0);
        node.Plan = node.Driver.Render(node.Installation, node.Configuration with { ClientUsers = [Owner, Contributor, Reader, Narrow(engine)] });
        await node.StartAsync();
        await node.Node.PromoteAsync(Token);
        await AssertPoliciesAsync(node, engine);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_policy_that_changes_counts_at_once_and_a_user_that_is_gone_gets_in_no_more(string engine)
    {
        await using var node = await StartAsync(engine);
        await node.Node.ReconfigureAsync(node.Configuration with { ClientUsers = [Reader with { Name = "app" }, Owner] }, Token);
        await using (var app = node.As(new EngineUser("app", node.Configuration.GatewayUser.Password)))
        {
            Assert.StartsWith("-NOPERM", await AskAsync(app, "SET", "a", "1"), StringComparison.Ordinal);
            await node.Node.ReconfigureAsync(node.Configuration with { ClientUsers = [Contributor with { Name = "app" }, Owner] }, Token);
            Assert.Equal("OK", await AskAsync(app, "SET", "a", "1"));
        }

        await node.Node.ReconfigureAsync(node.Configuration with { ClientUsers = [Owner] }, Token);
        await using var gone = node.As(new EngineUser("app", node.Configuration.GatewayUser.Password));
        Assert.Equal(EngineFailure.Refused, (await Assert.ThrowsAsync<EngineException>(() => AskAsync(gone, "PING"))).Kind);
        await using var owner = node.As(new EngineUser("owner", node.Configuration.GatewayUser.Password));
        Assert.Equal("1", await AskAsync(owner, "GET", "a"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_engine_says_what_it_does_not_understand_and_no_user_is_left_of_it(string engine)
    {
        await using var node = await StartAsync(engine);
        foreach (var policy in AccessPolicies.BuiltIn.Values.Append(Narrow(engine).Permissions))
        {
            Assert.Null(await node.Node.CheckPermissionsAsync(policy, Token));
        }

        if (HasKeyPatterns(engine))
        {
            Assert.Null(await node.Node.CheckPermissionsAsync("+@read", Token));
        }
        else
        {
            Assert.Contains("allkeys", await node.Node.CheckPermissionsAsync("+@read ~orders:*", Token), StringComparison.Ordinal);
            Assert.Contains("allkeys", await node.Node.CheckPermissionsAsync("+@read", Token), StringComparison.Ordinal);
        }

        Assert.Contains("nosuchcommand", await node.Node.CheckPermissionsAsync("+@read +nosuchcommand ~*", Token), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("nosuchcategory", await node.Node.CheckPermissionsAsync("+@nosuchcategory ~*", Token), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("nobody", await node.AsInternalAsync("ACL", "USERS"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis 7.0")]
    [InlineData("redis 8.0")]
    [InlineData("valkey 8.1")]
    public async Task A_policy_that_grants_everything_grants_nothing_that_is_blocked(string engine)
    {
        await using var node = await StartAsync(engine);
        string[] greedy = ["+@all ~* &*", "+@all +acl +config +cluster +client|pause ~*", "allcommands allkeys +cluster|meet", "+@admin +@dangerous ~*"];
        await node.Node.ReconfigureAsync(
            node.Configuration with { ClientUsers = [.. greedy.Select((policy, index) => new ClientUser($"greedy{index}", policy))] }, Token);
        string[][] blocked =
        [
            ["ACL", "LIST"], ["BGREWRITEAOF"], ["BGSAVE"], ["CLUSTER", "RESET"], ["CLUSTER", "MEET", "127.0.0.1", "1"], ["CLUSTER", "FAILOVER"],
            ["CONFIG", "GET", "maxmemory"], ["FAILOVER"], ["MIGRATE", "127.0.0.1", "1", "k", "0", "1"],
            ["REPLICAOF", "NO", "ONE"], ["SAVE"], ["SHUTDOWN", "NOSAVE"], ["CLIENT", "PAUSE", "1000"],
        ];
        for (var index = 0; index < greedy.Length; index++)
        {
            await using var user = node.As(new EngineUser($"greedy{index}", node.Configuration.GatewayUser.Password));
            foreach (var command in blocked)
            {
                Assert.StartsWith("-NOPERM", await AskAsync(user, command), StringComparison.Ordinal);
            }
        }
    }

    private static bool HasKeyPatterns(string engine) => !engine.StartsWith("garnet", StringComparison.Ordinal);

    private static ClientUser Narrow(string engine) => new("narrow", HasKeyPatterns(engine) ? "+@read +set ~orders:*" : "+@read +set allkeys");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task AssertPoliciesAsync(LiveNode node, string engine)
    {
        var password = node.Configuration.GatewayUser.Password;
        await using var owner = node.As(new EngineUser(Owner.Name, password));
        await using var contributor = node.As(new EngineUser(Contributor.Name, password));
        await using var reader = node.As(new EngineUser(Reader.Name, password));
        await using var narrow = node.As(new EngineUser("narrow", password));
        Assert.Equal("OK", await AskAsync(owner, "SET", "orders:1", "a"));
        Assert.Equal("OK", await AskAsync(owner, "FLUSHALL"));
        Assert.StartsWith("-NOPERM", await AskAsync(owner, "ACL", "LIST"), StringComparison.Ordinal);

        Assert.Equal("OK", await AskAsync(contributor, "SET", "orders:1", "b"));
        Assert.Equal("0", await AskAsync(contributor, "PUBLISH", "anywhere", "x"));
        Assert.StartsWith("-NOPERM", await AskAsync(contributor, "FLUSHALL"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await AskAsync(contributor, "KEYS", "*"), StringComparison.Ordinal);

        Assert.Equal("b", await AskAsync(reader, "GET", "orders:1"));
        Assert.Equal("PONG", await AskAsync(reader, "PING"));
        Assert.Equal("OK", await AskAsync(reader, "CLIENT", "SETNAME", "me"));
        Assert.StartsWith("-NOPERM", await AskAsync(reader, "SET", "orders:1", "c"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await AskAsync(reader, "CLIENT", "KILL", "ID", "999999"), StringComparison.Ordinal);

        Assert.Equal("OK", await AskAsync(narrow, "SET", "orders:1", "d"));
        Assert.Equal("d", await AskAsync(narrow, "GET", "orders:1"));
        Assert.StartsWith(HasKeyPatterns(engine) ? "-NOPERM" : "OK", await AskAsync(narrow, "SET", "other", "d"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await AskAsync(narrow, "DEL", "orders:1"), StringComparison.Ordinal);
    }

    private async Task<LiveNode> StartAsync(string engine)
    {
        var node = new LiveNode(await LiveEngines.GetAsync(engine), _folder.Path, 0);
        await node.StartAsync();
        await node.Node.PromoteAsync(Token);
        return node;
    }

    private static async Task<string> AskAsync(Larder.Engines.Client.AdminConnection user, params string[] command) =>
        LiveNode.Show((await user.CallAsync(TimeSpan.FromSeconds(5), [command], Token))[0]);
}
