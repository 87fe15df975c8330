using Garnet.common;
using Garnet.networking;
using Garnet.server;
using Garnet.server.ACL;
using Garnet.server.Auth;
using Microsoft.Extensions.Logging;
using ObjectContext = Tsavorite.core.BasicContext<
    Garnet.common.FixedSpanByteKey,
    Garnet.server.ObjectInput,
    Garnet.server.ObjectOutput,
    long,
    Garnet.server.ObjectSessionFunctions,
    Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>,
    Tsavorite.core.ObjectAllocator<Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>>>;
using StringContext = Tsavorite.core.BasicContext<
    Garnet.common.FixedSpanByteKey,
    Garnet.server.StringInput,
    Garnet.server.StringOutput,
    long,
    Garnet.server.MainSessionFunctions,
    Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>,
    Tsavorite.core.ObjectAllocator<Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>>>;
using UnifiedContext = Tsavorite.core.BasicContext<
    Garnet.common.FixedSpanByteKey,
    Garnet.server.UnifiedInput,
    Garnet.server.UnifiedOutput,
    long,
    Garnet.server.UnifiedSessionFunctions,
    Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>,
    Tsavorite.core.ObjectAllocator<Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>>>;
using VectorContext = Tsavorite.core.BasicContext<
    Garnet.common.VectorElementKey,
    Garnet.server.VectorInput,
    Garnet.server.VectorOutput,
    long,
    Garnet.server.VectorSessionFunctions,
    Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>,
    Tsavorite.core.ObjectAllocator<Tsavorite.core.StoreFunctions<Garnet.common.GarnetKeyComparer, Garnet.server.GarnetRecordTriggers>>>;

namespace Larder.GarnetHost.SingleShard;

/// <summary>Garnet's own cluster provider, except that its sessions are <see cref="SingleShardClusterSession"/>s.</summary>
/// <param name="inner">Garnet's own.</param>
internal sealed class SingleShardClusterProvider(IClusterProvider inner) : IClusterProvider
{
    public bool AllowDataLoss => inner.AllowDataLoss;

    public bool IsWritePaused => inner.IsWritePaused;

    public IClusterSession CreateClusterSession(
        TransactionManager txnManager,
        IGarnetAuthenticator authenticator,
        UserHandle userHandle,
        GarnetSessionMetrics garnetSessionMetrics,
        GarnetApi<StringContext, ObjectContext, UnifiedContext> basicGarnetApi,
        StringContext basicContext,
        VectorContext vectorContext,
        INetworkSender networkSender,
        ILogger? logger = null) => new SingleShardClusterSession(inner.CreateClusterSession(
            txnManager, authenticator, userHandle, garnetSessionMetrics, basicGarnetApi, basicContext, vectorContext, networkSender, logger));

    public void AddNewCheckpointEntry(
        bool full, AofAddress CheckpointCoveredAofAddress, Guid storeCheckpointToken, Guid objectStoreCheckpointToken) =>
        inner.AddNewCheckpointEntry(full, CheckpointCoveredAofAddress, storeCheckpointToken, objectStoreCheckpointToken);

    public void AllowRoleChange() => inner.AllowRoleChange();

    public ValueTask<bool> BumpAndWaitForEpochTransitionAsync(CancellationToken token = default) =>
        inner.BumpAndWaitForEpochTransitionAsync(token);

    public ValueTask ClusterPublishAsync(RespCommand cmd, Span<byte> channel, Span<byte> message) =>
        inner.ClusterPublishAsync(cmd, channel, message);

    public void Dispose() => inner.Dispose();

    public void FlushConfig() => inner.FlushConfig();

    public MetricsItem[] GetBufferPoolStats() => inner.GetBufferPoolStats();

    public MetricsItem[] GetCheckpointInfo() => inner.GetCheckpointInfo();

    public MetricsItem[] GetGossipStats(bool metricsDisabled) => inner.GetGossipStats(metricsDisabled);

    public (AofAddress, List<RoleInfo>) GetPrimaryInfo() => inner.GetPrimaryInfo();

    public RoleInfo GetReplicaInfo() => inner.GetReplicaInfo();

    public MetricsItem[] GetReplicationInfo() => inner.GetReplicationInfo();

    public string GetRunId() => inner.GetRunId();

    public bool IsPrimary() => inner.IsPrimary();

    public bool IsReplica() => inner.IsReplica();

    public bool IsReplica(string nodeId) => inner.IsReplica(nodeId);

    public void OnCheckpointInitiated(ref AofAddress CheckpointCoveredAofAddress) => inner.OnCheckpointInitiated(ref CheckpointCoveredAofAddress);

    public void OnGossipClientConfigChanged() => inner.OnGossipClientConfigChanged();

    public bool PreventRoleChange() => inner.PreventRoleChange();

    public void PurgeBufferPool(ManagerType managerType) => inner.PurgeBufferPool(managerType);

    public ValueTask RecoverAsync() => inner.RecoverAsync();

    public void ResetGossipStats() => inner.ResetGossipStats();

    public void SafeTruncateAOF(in AofAddress truncateUntil) => inner.SafeTruncateAOF(in truncateUntil);

    public void Start() => inner.Start();

    public void UpdateClusterAuth(string clusterUsername, string clusterPassword) => inner.UpdateClusterAuth(clusterUsername, clusterPassword);
}
