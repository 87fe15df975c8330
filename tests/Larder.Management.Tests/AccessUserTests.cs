using System.Collections.Immutable;
using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Specs;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>Users come with keys and go with them, in the commit of the spec that says so.</summary>
public sealed class AccessUserTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Users_of_a_new_cache_have_two_keys_each_unlike_all_others()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(Spec("app", "reports"), Token);
        KeysView[] all =
        [
            await management.Keys.ListAsync("orders", null, Token), await management.Keys.ListAsync("orders", "app", Token),
            await management.Keys.ListAsync("orders", "reports", Token),
        ];
        Assert.Equal(6, all.SelectMany(keys => new[] { keys.Primary, keys.Secondary }).Distinct().Count());
        Assert.All(all, keys => Assert.Equal(44, keys.Primary.Length));
        var stored = string.Concat((await management.Store.ListAsync("", Token)).Entries.Select(entry => entry.Value));
        Assert.All(all, keys => Assert.DoesNotContain(keys.Primary, stored, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_of_users_is_one_commit_and_keeps_the_keys_of_those_that_stay()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(Spec("app"), Token);
        var before = await management.Keys.ListAsync("orders", "app", Token);
        var revision = (await management.Store.ListAsync("", Token)).Revision;
        await management.Caches.ApplyAsync(Spec("app", "reports"), Token);
        Assert.Equal(revision + 1, (await management.Store.ListAsync("", Token)).Revision);
        Assert.Equal(before, await management.Keys.ListAsync("orders", "app", Token));

        await management.Caches.ApplyAsync(Spec("reports"), Token);
        await management.Caches.ApplyAsync(Spec("app", "reports"), Token);
        Assert.NotEqual(before, await management.Keys.ListAsync("orders", "app", Token));
    }

    [Fact]
    public async Task What_was_stored_comes_back_as_it_was_whatever_the_order_of_names()
    {
        await using var management = new ManagementFixture();
        var spec = Spec("Zoe", "app", "_a", "b-1") with
        {
            Firewall = new FirewallSpec { Rules = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [new("Z", "10.0.0.1"), new KeyValuePair<string, string>("a_b", "10.0.0.0/8")]) },
        };
        await management.Caches.ApplyAsync(spec, Token);
        Assert.Equal("none", (await management.Caches.PlanAsync(spec, Token)).Kind);
        var (stored, _) = await management.Documents.GetAsync("orders", Token);
        Assert.Equal(spec.Access, stored.Spec.Access);
        Assert.Equal(spec.Firewall, stored.Spec.Firewall);
        Assert.Equal(2, stored.Spec.Firewall.ToRanges().Length);
    }

    [Fact]
    public async Task A_users_key_is_replaced_alone_and_the_journal_says_whose()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(Spec("app", "reports"), Token);
        var (own, app, reports) = (await management.Keys.ListAsync("orders", null, Token), await management.Keys.ListAsync("orders", "app", Token),
            await management.Keys.ListAsync("orders", "reports", Token));
        var after = await management.Keys.RegenerateAsync("orders", new RegenerateKeyRequest("primary", "app"), Token);
        Assert.NotEqual(app.Primary, after.Primary);
        Assert.Equal(app.Secondary, after.Secondary);
        Assert.Equal(after, await management.Keys.ListAsync("orders", "app", Token));
        Assert.Equal(own, await management.Keys.ListAsync("orders", null, Token));
        Assert.Equal(reports, await management.Keys.ListAsync("orders", "reports", Token));
        Assert.Contains(management.Journal.Events, told => told.Message.Contains("of the user 'app'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_that_is_not_there_is_told_with_those_that_are()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(Spec(), Token);
        var none = await Assert.ThrowsAsync<ManagementException>(() => management.Keys.ListAsync("orders", "app", Token));
        Assert.Equal(ManagementFailure.NotFound, none.Kind);
        Assert.Contains("none beside default", none.Message, StringComparison.Ordinal);
        await management.Caches.ApplyAsync(Spec("reports"), Token);
        var other = await Assert.ThrowsAsync<ManagementException>(() => management.Keys.RegenerateAsync("orders", new RegenerateKeyRequest("primary", "app"), Token));
        Assert.Contains("its users are reports", other.Message, StringComparison.Ordinal);
    }

    private static CacheSpec Spec(params string[] users) => ManagementFixture.Spec() with
    {
        Access = new AccessSpec { Users = users.ToImmutableSortedDictionary(user => user, _ => "Data Reader", StringComparer.Ordinal) },
    };
}
