using Xunit;

namespace Larder.Store.Conformance;

/// <summary>What every control store accepts, and what it refuses and how.</summary>
public abstract partial class ControlStoreConformance
{
    // Made here: the compiler and the test runner write texts as UTF-8, where a lone surrogate becomes another character.
    [Theory]
    [InlineData("high surrogate alone", 0xD800, 0x78)]
    [InlineData("high surrogate at the end", 0xDBFF, null)]
    [InlineData("low surrogate alone", 0xDC00, 0x78)]
    [InlineData("two high surrogates", 0xD83D, 0xD83D)]
    [InlineData("zero", 0, 0x78)]
    public async Task A_value_that_would_not_come_back_as_it_was_is_refused(string what, int character, int? following)
    {
        await using var store = await OpenAsync();
        var value = string.Concat("before ", new string((char)character, 1), following is { } next ? new string((char)next, 1) : "");
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put("/text", value), Token));
        Assert.Contains("/text", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient, what);
        Assert.Null(await store.GetAsync("/text", Token));
    }

    [Fact]
    public async Task Any_text_comes_back_as_it_was()
    {
        await using var store = await OpenAsync();
        var value = string.Concat("één 漢字 😀 ", new string((char)0xFFFD, 1), "\r\n\t\u0001\ue000\uffff");
        await store.CommitAsync(StoreTransaction.Empty.Put("/text", value).Put("/empty", ""), Token);
        Assert.Equal(value, (await store.GetAsync("/text", Token))!.Value);
        Assert.Equal("", (await store.GetAsync("/empty", Token))!.Value);
        Assert.Equal([value, ""], (await ReadAsync(store, "/", 1, 1))[0].Changes.Select(change => change.Value));
    }

    [Fact]
    public async Task A_bad_prefix_is_refused_at_the_call()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<ControlStoreException>(() => store.ListAsync("/ü", Token));
        Assert.Throws<ControlStoreException>(() => store.WatchAsync("/ü", 1, Token));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.WatchAsync("/", 0, Token));
    }

    [Fact]
    public async Task A_transaction_that_is_too_large_is_refused()
    {
        await using var store = await OpenAsync();
        StoreTransaction Keys(int count, string value) =>
            Enumerable.Range(0, count).Aggregate(StoreTransaction.Empty, (transaction, i) => transaction.Put($"/many/{i}", value));
        Assert.True((await store.CommitAsync(Keys(StoreLimits.MostOperations, "x"), Token)).Committed);
        await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(Keys(StoreLimits.MostOperations + 1, "x"), Token));
        await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(Keys(3, new string('x', 400_000)), Token));
        Assert.Equal(StoreLimits.MostOperations, (await store.ListAsync("/many/", Token)).Entries.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("/ümlaut")]
    [InlineData("/new\nline")]
    public async Task A_bad_key_is_refused_by_name(string key)
    {
        await using var store = await OpenAsync();
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put(key, "x"), Token));
        Assert.False(error.IsTransient);
        Assert.Contains($"'{key}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_are_told()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put(new string('k', 513), "x"), Token));
        await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put("/a", "x").Delete("/a"), Token));
        var error = await Assert.ThrowsAsync<ControlStoreException>(
            () => store.CommitAsync(StoreTransaction.Empty.Put("/large", new string('x', (1 << 20) + 1)), Token));
        Assert.Contains("/large", error.Message, StringComparison.Ordinal);
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.Put("/large", new string('x', 1 << 20)), Token)).Committed);
        await Assert.ThrowsAsync<ControlStoreException>(() => store.GrantLeaseAsync(TimeSpan.Zero, Token));
    }
}
