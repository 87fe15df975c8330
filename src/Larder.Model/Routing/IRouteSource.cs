namespace Larder.Model.Routing;

/// <summary>Where the gateway reads its routes from. Thread-safe.</summary>
public interface IRouteSource
{
    /// <summary>The newest table.</summary>
    RouteTable Current { get; }

    /// <summary>Completes when <see cref="Current"/> is another table than <paramref name="seen"/>; at once where it already is.</summary>
    /// <param name="seen">The table the caller has.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The newest table.</returns>
    Task<RouteTable> WaitForChangeAsync(RouteTable seen, CancellationToken cancellationToken);
}
