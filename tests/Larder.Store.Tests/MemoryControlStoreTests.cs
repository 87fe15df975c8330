using Larder.Store.Conformance;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Store.Tests;

/// <summary>The store without a disk does what every store does.</summary>
public sealed class MemoryControlStoreTests : ControlStoreConformance
{
    private readonly FakeTimeProvider _clock = new();

    protected override Task<IControlStore> OpenAsync(int historyKept = 10_000) =>
        Task.FromResult<IControlStore>(new MemoryControlStore(_clock, historyKept));

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }
}
