using Larder.Model.Specs;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Store.Tests;

/// <summary>Documents come back as they were written, and what is not understood is refused.</summary>
public sealed class StoreCodecTests
{
    private readonly CacheDocument _document = new()
    {
        Spec = new CacheSpec { Name = "orders", Redis = new RedisSpec { Capacity = 2, ReplicasPerPrimary = 3 }, Engine = EngineFamily.Valkey },
        Generation = 4,
        Uid = "0123",
        CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        OperationId = "4567",
    };

    [Fact]
    public void A_document_comes_back_as_it_was_written() =>
        Assert.Equal(_document, StoreCodec.Decode<CacheDocument>("/key", StoreCodec.Encode(_document, 1), 1));

    [Fact]
    public void A_newer_schema_is_refused_naming_the_key_and_both_numbers()
    {
        var error = Assert.Throws<ControlStoreException>(() => StoreCodec.Decode<CacheDocument>("/key", StoreCodec.Encode(_document, 7), 1));
        Assert.Contains("/key", error.Message, StringComparison.Ordinal);
        Assert.Contains("schema 7", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"schema\":\"one\"}")]
    [InlineData("{\"schema\":1,\"generation\":1}")]
    [InlineData("{\"schema\":1,\"epoch\":1,\"primary\":0,\"colour\":\"red\"}")]
    public void What_is_no_document_is_refused_naming_the_key(string text)
    {
        var error = Assert.Throws<ControlStoreException>(() => StoreCodec.Decode<EpochDocument>("/key", text, 1));
        Assert.Contains("/key", error.Message, StringComparison.Ordinal);
    }
}
