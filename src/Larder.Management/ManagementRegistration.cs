using Larder.Management.Services;
using Microsoft.Extensions.DependencyInjection;

namespace Larder.Management;

/// <summary>Puts management's services together.</summary>
public static class ManagementRegistration
{
    /// <summary>
    /// Adds the services. The host adds what they stand on: control store, storages, status source, event journal, engine catalogue, secret protector, home, host
    /// identity, admission checks, installation control, clock.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <returns>The same.</returns>
    public static IServiceCollection AddManagement(this IServiceCollection services) => services
        .AddSingleton<CacheDocuments>()
        .AddSingleton<CacheViews>()
        .AddSingleton<ScalingService>()
        .AddSingleton<ClusteringService>()
        .AddSingleton<PlanService>()
        .AddSingleton<AccessKeyService>()
        .AddSingleton<FailoverService>()
        .AddSingleton<TransferService>()
        .AddSingleton<EventService>()
        .AddSingleton<OperationService>()
        .AddSingleton<CacheService>();
}
