using System.Collections.Immutable;
using Larder.Controller.Caches;
using Larder.Controller.Snapshots;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Controller.Access;

/// <summary>
/// Asks an engine whether it understands access policies before they are accepted: only it knows its commands and categories. The engine is one of its own,
/// which starts for the question and ends with it.
/// </summary>
/// <param name="services">What it needs.</param>
internal sealed class PermissionTrial(CacheServices services) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Asks.</summary>
    /// <param name="cache">The cache that the policies are for.</param>
    /// <param name="installation">The engine.</param>
    /// <param name="permissions">The policies.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the engine has against each; <c>null</c> where it has nothing.</returns>
    /// <exception cref="EngineException">It could not be started, or did not answer in time.</exception>
    public async Task<ImmutableArray<string?>> RunAsync(
        string cache, EngineInstallation installation, ImmutableArray<string> permissions, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            using var deadline = new CancellationTokenSource(Limit, services.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            return await AskAsync(cache, installation, permissions, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineException(
                EngineFailure.TimedOut, $"{installation.Family} {installation.Version} did not say within {Limit.TotalSeconds:0} s whether it understands the policies.", exception);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<ImmutableArray<string?>> AskAsync(
        string cache, EngineInstallation installation, ImmutableArray<string> permissions, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(services.Home.Root, "access-trial");
        try
        {
            await using var sandbox = await EngineSandbox.StartAsync(
                cache, installation, folder, services.Home.WorkSocket(cache, "access"), PersistenceMode.Disabled, services.Nodes, cancellationToken);
            await sandbox.LoadedAsync(static _ => { }, cancellationToken);
            var answers = ImmutableArray.CreateBuilder<string?>();
            foreach (var policy in permissions)
            {
                answers.Add(await sandbox.Node.CheckPermissionsAsync(policy, cancellationToken));
            }

            return answers.ToImmutable();
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
